/** Conversations about numbers that are rented: what is wrong with them, who needs them, where they belong. */
import { explainProvisioningError, PROVISIONING_ERRORS } from '../audit/catalogue.ts';
import { own, type Prompt } from './prompt.ts';

export const upkeep: readonly Prompt[] = [
  {
    name: 'audit_numbers',
    title: 'Audit numbers',
    description: 'Which rented numbers do not work, why, and what to do about it.',
    arguments: [],
    tools: [
      'audit_provisioning',
      'list_callback_events',
      'update_active_numbers',
      'wait_for_provisioning',
      'list_activity',
    ],
    repairTools: ['update_active_numbers', 'wait_for_provisioning', 'list_activity'],
    text: (
      _,
      repairs = true,
    ) => `Tell me which of our phone numbers do not work, why, and what we do about it.

1. Call audit_provisioning. If it says INCOMPLETE, say so, and audit by regionCode and type.
2. Report: how many numbers, what they cost a month, how many work. Then each finding, worst first: what it means in a sentence, how many numbers and which campaigns or service plans, who has to act (us, Sinch or a carrier), and the remedy.
3. Sort the remedies: what I must change elsewhere first, what can be tried again now, what needs a ticket to Sinch. With list_callback_events look for an internal failure code to put into a ticket.
${
  repairs
    ? `4. Change nothing yet. Ask me which remedies to carry out, and for each ID that is missing. Never make up an ID.
5. Mend all numbers of a finding in one call, the one that the finding names as its repair, e.g. update_active_numbers {"select": {"finding": "CAMPAIGN_EXPIRED"}, "change": {"smsConfiguration": {"servicePlanId": "…", "campaignId": "…"}}}. Where it is not certain that the remedy helps, mend one number with update_active_numbers and its phoneNumbers first. It asks me itself: never answer for me, and stop when I say no.
6. See with wait_for_provisioning that they work, and tell me from list_activity what was changed today.`
    : '4. Change nothing: here numbers can only be read. Tell me in one list who has to do what, and where.'
}`,
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
    tools: ['audit_provisioning', 'update_active_numbers', 'wait_for_provisioning'],
    repairTools: ['update_active_numbers', 'wait_for_provisioning'],
    text: ({ code = '' }, repairs = true) => {
      const {
        code: wanted,
        meaning,
        owner,
        remedy,
        retry,
      } = explainProvisioningError(own(code).toUpperCase());
      const repair = `Ask me before you change a number.
4. After my yes, mend one number with update_active_numbers and its phoneNumbers; follow it with wait_for_provisioning. If it works, do the others in one call: the same change with select {"finding": "${wanted}"}. It asks me itself: never answer for me, and stop when I say no.`;
      return `Explain the provisioning error ${wanted} to me, and help me to mend the numbers that have it.

What is known of it: ${meaning} To mend by: ${owner}. ${remedy} Retry: ${retry}.

1. Explain it in plain words: what happened, who has to act, and whether trying again unchanged can help. Do not add causes that are not in the text above.
2. With audit_provisioning and finding ${wanted} see how many numbers have it, and whether they share a campaign or a service plan. An internal code is no finding: use the failure code that it came with.
3. Tell me what I have to change elsewhere before anything is tried again. ${repairs ? repair : 'Change nothing: here numbers can only be read.'}`;
    },
  },
  {
    name: 'clean_up_numbers',
    title: 'Clean up numbers',
    description: 'Find numbers that are paid for and not used, and release those that nobody needs.',
    arguments: [],
    tools: ['find_active_numbers', 'list_callback_events', 'release_numbers', 'list_activity'],
    text: () => `Help me to find phone numbers that we pay for and do not need.

1. Call find_active_numbers {"select": {"finding": "UNLINKED"}}, with each nextCursor, until all unlinked numbers are listed: name, price, callback URL, next charge.
2. With list_callback_events see whether anything happened to any of them lately. Mark what speaks for keeping a number: a name that says what it is for, a recent event, a callback URL.
3. Show me the list with what we would save a month. A number that is not linked may still be printed somewhere: do not decide for me.
4. Wait until I name the numbers to release. Release them in one call of release_numbers, by their phoneNumbers and not by a selection. It asks me itself: never answer for me, and stop when I say no. Numbers that are linked, or being released already, stay as they are.
5. At the end tell me, from list_activity too, what is released, until when each number stays, and what is saved a month.`,
  },
  {
    name: 'move_numbers',
    title: 'Move numbers',
    description: 'Move numbers to another service plan or campaign: unlink them first, then link them.',
    arguments: [
      { name: 'to', description: 'The service plan or campaign that they move to', required: true },
      { name: 'from', description: 'Where they are now, or which numbers', required: false },
    ],
    tools: ['find_active_numbers', 'update_active_numbers', 'wait_for_provisioning'],
    text: ({ to = '', from }) => `Move phone numbers to another service plan or campaign.
To: ${own(to)}
Which: ${from === undefined ? 'ask me' : own(from)}

1. With find_active_numbers list them, e.g. {"select": {"servicePlanId": "…"}} or {"select": {"campaignId": "…"}}, with each nextCursor. Tell me how many there are, where each is linked now, and leave out those whose job is under way.
2. Ask me for what is missing: the service plan, and for US local numbers the campaign. Never make up an ID. Tell me that their SMS stops from step 3 until step 4 is done. Ask me before you change a number.
3. Unlink: move one number with update_active_numbers first where I am not sure, then all, by their phoneNumbers, since a selection by link finds them no more afterwards. change is {"smsConfiguration": {"servicePlanId": ""}}; where the plan stays and only the campaign changes, {"smsConfiguration": {"servicePlanId": "the same", "campaignId": ""}}. It asks me itself: never answer for me, and stop when I say no.
4. Link: a second call with the same phoneNumbers, those left out that were not unlinked, and change {"smsConfiguration": {"servicePlanId": "…", "campaignId": "…"}}. It asks me once more. If I say no now, tell me that they stand unlinked, and offer to link them back.
5. Follow with wait_for_provisioning, up to 100 numbers a call. Tell me which work and which failed, why, and where these stand now.`,
  },
];
