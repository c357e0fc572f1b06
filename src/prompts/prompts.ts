import type { NumbersClient } from '../api/client.ts';
import { toRegionCode } from '../api/formats.ts';
import { operations } from '../api/operations/numbers.ts';
import { NUMBER_TYPES } from '../api/schemas/numbers.ts';
import { explainProvisioningError, PROVISIONING_ERRORS } from '../audit/catalogue.ts';
import { sanitizeText } from '../lib/sanitize.ts';

/** What choices are read from. */
interface Sources {
  readonly numbers: NumbersClient;
  readonly signal: AbortSignal;
}

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** The values that make sense, for completion; absent where anything does. */
  choices?(sources: Sources): Promise<readonly string[]>;
}

/** A conversation worth starting from, as the words of the person who starts it. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** The tools it leads through. Where one of them is not offered, neither is the prompt. */
  readonly tools: readonly string[];
  /** @param args by name; those that are required are there */
  text(args: Readonly<Record<string, string | undefined>>): string;
}

const MAX_ARGUMENT = 300;

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
    ],
    tools: [
      'list_available_regions',
      'search_available_numbers',
      'check_number_availability',
      'rent_number',
      'wait_for_provisioning',
    ],
    text: ({ region = '', purpose, pattern }) => `I want to rent a phone number.
Region: ${toRegionCode(own(region))}
Purpose: ${purpose === undefined ? 'ask me' : own(purpose)}
Digits: ${pattern === undefined ? 'any' : own(pattern)}

1. With list_available_regions see which number types the region has. Tell me which one suits the purpose, and why.
2. With search_available_numbers find numbers that have the capabilities which the purpose needs. Show me up to five, with prices now and each month, and whether documents are required.
3. Wait until I choose. Then ask me what to link it to: a service plan for SMS (for US local numbers a 10DLC campaign too), or a voice app, trunk or fax service. Never make up an ID; without one, rent it unlinked.
4. Make sure with check_number_availability that it is still on offer, then call rent_number once. It asks me itself: never answer for me, and stop if I say no. If the outcome is unknown, do not repeat it; read the state first.
5. Follow with wait_for_provisioning. If it fails, tell me the meaning and the remedy, and ask before you change anything. Do not rent another number instead.`,
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
  {
    name: 'audit_numbers',
    title: 'Audit numbers',
    description: 'Which rented numbers do not work, why, and what to do about it.',
    arguments: [],
    tools: ['audit_provisioning', 'list_callback_events', 'wait_for_provisioning'],
    text: () => `Tell me which of our phone numbers do not work, why, and what we do about it.

1. Call audit_provisioning. If it says INCOMPLETE, say so, and audit by regionCode and type.
2. Report: how many numbers, what they cost a month, how many work. Then each finding, worst first: what it means in a sentence, how many numbers and which campaigns or service plans, who has to act (us, Sinch or a carrier), and the remedy.
3. Sort the remedies: what I must change elsewhere first, what can be tried again now, what needs a ticket to Sinch. With list_callback_events look for an internal failure code to put into a ticket.
4. Change nothing yet. Ask me which remedies to carry out. Then mend one number, see with wait_for_provisioning that it works, and only then do the others.`,
  },
  {
    name: 'explain_provisioning_error',
    title: 'Explain a provisioning error',
    description: 'What an error code means, which numbers have it, and how to mend them.',
    arguments: [
      {
        name: 'code',
        description: 'e.g. CAMPAIGN_NOT_AVAILABLE',
        required: true,
        choices: async () => PROVISIONING_ERRORS.map(({ code }) => code),
      },
    ],
    tools: ['audit_provisioning', 'wait_for_provisioning'],
    text: ({ code = '' }) => {
      const {
        code: wanted,
        meaning,
        owner,
        remedy,
        retry,
      } = explainProvisioningError(own(code).toUpperCase());
      return `Explain the provisioning error ${wanted} to me, and help me to mend the numbers that have it.

What is known of it: ${meaning} To mend by: ${owner}. ${remedy} Retry: ${retry}.

1. Explain it in plain words: what happened, who has to act, and whether trying again unchanged can help. Do not add causes that are not in the text above.
2. With audit_provisioning and finding ${wanted} see how many numbers have it, and whether they share a campaign or a service plan. An internal code is no finding: use the failure code that it came with.
3. Tell me what I have to change elsewhere before anything is tried again. Ask me before you change a number.
4. After my yes, mend one number and follow it with wait_for_provisioning. If it works, offer to do the others.`;
    },
  },
  {
    name: 'clean_up_numbers',
    title: 'Clean up numbers',
    description: 'Find numbers that are paid for and not used, and release those that nobody needs.',
    arguments: [],
    tools: ['audit_provisioning', 'get_active_number', 'list_callback_events', 'release_number'],
    text: () => `Help me to find phone numbers that we pay for and do not need.

1. Call audit_provisioning, then again with finding UNLINKED, with each nextCursor, until all unlinked numbers are listed, with name and price.
2. For each of them (at most twenty at a time) read with get_active_number its callback URL and the date of its next charge, and with list_callback_events whether anything happened to it lately. Mark what speaks for keeping it: a name that says what it is for, a recent event, a callback URL.
3. Show me the list with what we would save a month. A number that is not linked may still be printed somewhere: do not decide for me.
4. Wait until I name the numbers to release. Release them one at a time with release_number. It asks me itself: never answer for me, and stop when I say no. Numbers that are linked, or being released already, stay as they are.
5. At the end tell me what is released, until when each number stays, and what is saved a month.`,
  },
];

/** What the person typed, on one line. */
function own(value: string): string {
  return sanitizeText(value, MAX_ARGUMENT);
}
