import { toRegionCode } from '../api/formats.ts';
import { operations } from '../api/operations/numbers.ts';
import { NUMBER_TYPES } from '../api/schemas/numbers.ts';
import { own, type Prompt } from './prompt.ts';
import { upkeep } from './upkeep.ts';

export const prompts: readonly Prompt[] = [
  {
    name: 'rent_a_number',
    title: 'Rent a number',
    description: 'From what a number is for to a number that works, with a choice and a yes in between.',
    arguments: [
      {
        name: 'region',
        description: 'Region code, e.g. US',
        required: true,
        choices: async ({ numbers, signal }) => {
          const { availableRegions } = await numbers.call(operations.listAvailableRegions, {}, signal);
          return availableRegions.flatMap(({ regionCode }) => regionCode ?? []);
        },
      },
      {
        name: 'purpose',
        description: 'What the number is for, e.g. appointment reminders by SMS',
        required: false,
      },
      { name: 'pattern', description: 'Digits it should hold or begin with, e.g. +1206', required: false },
      { name: 'count', description: 'How many, e.g. 5', required: false },
    ],
    tools: [
      'list_available_regions',
      'search_available_numbers',
      'check_number_availability',
      'rent_number',
      'rent_numbers',
      'wait_for_provisioning',
    ],
    text: ({ region = '', purpose, pattern, count }) => `I want to rent a phone number.
Region: ${toRegionCode(own(region))}
Purpose: ${purpose === undefined ? 'ask me' : own(purpose)}
Digits: ${pattern === undefined ? 'any' : own(pattern)}
How many: ${count === undefined ? 'one' : own(count)}

1. With list_available_regions see which number types the region has. Tell me which one suits the purpose, and why.
2. With search_available_numbers find numbers that have the capabilities which the purpose needs. Show me up to five, with prices now and each month, and whether documents are required.
3. Wait until I choose. Then ask me what to link it to: a service plan for SMS (for US local numbers a 10DLC campaign too), or a voice app, trunk or fax service. Never make up an ID; without one, rent it unlinked.
4. Make sure with check_number_availability that it is still on offer, then call rent_number once. Several: call rent_numbers once, with all that I chose, or with select where any will do. It asks me itself: never answer for me, and stop if I say no. If the outcome is unknown, do not repeat it; read the state first.
5. Follow with wait_for_provisioning, all numbers in one call. If it fails, tell me the meaning and the remedy, and ask before you change anything. Do not rent another number instead.`,
  },
  {
    name: 'order_a_number',
    title: 'Order a number',
    description:
      'A number of any country: what it asks for, the registration, the review, up to a number that works.',
    arguments: [
      {
        name: 'country',
        description: 'Region code, e.g. DE',
        required: true,
        choices: async ({ numbers, signal }) => {
          const { availableRegions } = await numbers.call(operations.listAvailableRegions, {}, signal);
          return availableRegions.flatMap(({ regionCode }) => regionCode ?? []);
        },
      },
      {
        name: 'type',
        description: 'MOBILE, LOCAL or TOLL_FREE',
        required: false,
        choices: async () => NUMBER_TYPES,
      },
      { name: 'use', description: 'What the number is for, e.g. a support line', required: false },
    ],
    tools: [
      'lookup_number_requirements',
      'search_available_numbers',
      'create_number_order',
      'update_number_order_registration',
      'upload_number_order_attachment',
      'submit_number_order',
      'wait_for_number_order',
      'wait_for_provisioning',
    ],
    text: ({ country = '', type, use }) => `I want to order a phone number.
Country: ${toRegionCode(own(country))}
Type: ${type === undefined ? 'whichever suits the use' : own(type)}
Use: ${use === undefined ? 'ask me' : own(use)}

1. With lookup_number_requirements see what the country asks for, before anything is reserved. Tell me in plain words which data and files I shall need, and ask for all of it at once. Never make a value up, not even a likely one. Files: I put them into the folder that this server takes them from, and tell you their names.
2. With search_available_numbers show me up to five numbers that suit the use, with prices now and each month.
3. Wait until I choose. Then ask me what to link it to: a service plan for SMS, a voice app, trunk or fax service; it cannot be given later to the order. Never make up an ID.
4. Call create_number_order once, and tell me until when the number is reserved. If the outcome is unknown, do not repeat it.
5. Send the data with update_number_order_registration, then each file with upload_number_order_attachment. If something is refused, ask me for that alone, and send the whole registration again.
6. Call submit_number_order once. It asks me itself: never answer for me, and stop if I say no.
7. Follow with wait_for_number_order. A review may take days: tell me how to come back to it. On blocked read me what the review says, mend it with me, and submit again; on rejected or expired tell me why, and ask before you start anew.
8. Once it is completed, see with wait_for_provisioning that it works.`,
  },
  ...upkeep,
];
