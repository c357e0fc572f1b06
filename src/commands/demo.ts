import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildServerClient, connectToChild, type ToolAnswer } from '../mcp/client.ts';

export interface DemoOptions {
  readonly version: string;
  /** The built server. */
  readonly serverFile: string;
}

/** A no that comes faster than a person can read is taken for the client's own. */
const READING_MS = 1_200;

/** What the person in the story answers to the next question. */
type Reply = 'decline' | 'wrong answer' | 'right answer';

/**
 * Plays a conversation between an agent, a person and this server on its simulator, over stdio through a real
 * MCP client, and prints it.
 * @throws where any step does not do what it says
 */
export async function demo({ version, serverFile }: DemoOptions): Promise<void> {
  let reply: Reply = 'decline';
  const client = await connectToChild({
    name: 'demo',
    version,
    args: [serverFile, '--simulator'],
    env: { SINCH_NUMBERS_CALLBACK_PORT: '0' },
    async onQuestion(message, field, title) {
      say('server asks the person', message);
      if (reply === 'decline') {
        await sleep(READING_MS);
        say('person', '(declines)');
        return { action: 'decline' };
      }
      // The title of the field says what to type: the last digits of a number, or a verb and a count.
      const wanted = /^Type (.*)$/.exec(title)?.[1] ?? /\d{4}$/.exec(title)?.[0] ?? '';
      const typed = reply === 'right answer' ? wanted : '0000';
      say('person types', typed);
      return { action: 'accept', content: { [field]: typed } };
    },
  });

  try {
    await tell(client, (next) => {
      reply = next;
    });
  } finally {
    await client.close();
  }
  print('\nEvery step did what it says. No account, no money, no network.');
}

async function tell(client: ChildServerClient, personWill: (reply: Reply) => void): Promise<void> {
  async function call(tool: string, args: object): Promise<ToolAnswer> {
    say('agent calls', `${tool} ${JSON.stringify(args)}`);
    const answer = await client.callTool(tool, args);
    say(answer.isError ? 'error' : 'server', answer.text);
    return answer;
  }

  chapter('Which of our numbers do not work, and why?');
  const audit = await call('audit_provisioning', {});
  check(audit.structured.complete === true, 'every number was read');
  check(/failed [1-9].*stuck [1-9].*unlinked [1-9]/.test(audit.text), 'several things are wrong');

  chapter('Where can numbers be rented?');
  const regions = await call('list_available_regions', {});
  check(regions.text.includes('US United States'), 'the United States are offered');

  chapter('Find a number in Seattle that can do SMS and voice');
  const search = await call('search_available_numbers', {
    regionCode: 'US',
    type: 'LOCAL',
    numberPattern: { pattern: '+1206', searchPattern: 'START' },
    capabilities: ['SMS', 'VOICE'],
    size: 3,
  });
  const [first, second] = search.text.match(/^\+1206\d+/gm) ?? [];
  check(first !== undefined && second !== undefined, 'numbers were found');
  const availability = await call('check_number_availability', { phoneNumber: first });
  check(!availability.isError, 'the number can be rented');

  chapter('Rent it: the person says no');
  const configuration = { smsConfiguration: { servicePlanId: 'demo-service-plan', campaignId: 'CDEMO01' } };
  personWill('decline');
  const declined = await call('rent_number', { phoneNumber: first, ...configuration });
  check(declined.structured.outcome === 'declined', 'a no means that nothing is rented');

  chapter('Rent it: the person says yes');
  say('person', 'On second thought, do rent it.');
  personWill('right answer');
  const rented = await call('rent_number', { phoneNumber: first, ...configuration });
  check(rented.structured.outcome === 'completed', 'the number is rented');

  chapter('Wait until it works');
  const provisioned = await call('wait_for_provisioning', { phoneNumber: first });
  check(provisioned.structured.outcome === 'provisioned', 'the service plan is linked');

  chapter('Rent another one, with a campaign that has run out, and have its events sent here');
  const receiver = await call('list_callback_events', {});
  const callbackUrl = /http:\S+callbacks/.exec(receiver.text)?.[0];
  check(callbackUrl !== undefined, 'the receiver listens');
  const broken = { servicePlanId: 'demo-service-plan', campaignId: 'FAIL-CAMPAIGN_EXPIRED' };
  await call('rent_number', { phoneNumber: second, callbackUrl, smsConfiguration: broken });
  const failed = await call('wait_for_provisioning', { phoneNumber: second });
  check(failed.structured.outcome === 'failed', 'the campaign fails');
  check(failed.text.includes('CAMPAIGN_EXPIRED: '), 'the failure comes with what its code means');

  chapter('The event has arrived, signed');
  const events = await eventOf(client, second);
  say('server', events.text);
  check(events.text.includes('PROVISIONING_TO_CAMPAIGN | FAILED'), 'the event tells of the failure');

  chapter('Mend it: name it, and use a campaign that is valid');
  const mended = await call('update_active_number', {
    phoneNumber: second,
    displayName: 'Seattle office',
    smsConfiguration: { servicePlanId: 'demo-service-plan', campaignId: 'CDEMO01' },
  });
  check(mended.text.includes('"Seattle office"'), 'the name is changed');
  const works = await call('wait_for_provisioning', { phoneNumber: second });
  check(works.text.includes('campaign CDEMO01'), 'the campaign is linked');

  await orderInGermany(call, personWill);

  chapter('Release the first number: a wrong answer is a no');
  personWill('wrong answer');
  const kept = await call('release_number', { phoneNumber: first });
  check(kept.structured.outcome === 'declined', 'wrong digits release nothing');
  personWill('right answer');
  const released = await call('release_number', { phoneNumber: first });
  check(released.structured.outcome === 'completed', 'the right digits release it');

  await mendAll(call, personWill, broken);

  chapter('What is rented now: these, and those that the simulator began with');
  const list = await call('list_active_numbers', { pageSize: 50 });
  check(list.text.includes(`${first}`) && list.text.includes('"Seattle office"'), 'both numbers are listed');

  chapter('What was done in all');
  const activity = await call('list_activity', {});
  check(/update_active_number completed.*batch/.test(activity.text), 'the journal tells the batch');
}

/** A number that cannot be had at once: requirements, registration, review. */
async function orderInGermany(
  call: (tool: string, args: object) => Promise<ToolAnswer>,
  personWill: (reply: Reply) => void,
): Promise<void> {
  chapter('Order a number in Germany: what does the country ask for?');
  const product = { regionCode: 'DE', numberType: 'LOCAL' };
  const asked = await call('lookup_number_requirements', product);
  check(asked.text.includes('data.registrationNumber: required'), 'Germany asks for a registration');
  const search = await call('search_available_numbers', { regionCode: 'DE', type: 'LOCAL', size: 3 });
  const [phoneNumber] = search.text.match(/^\+49\d+/m) ?? [];
  check(phoneNumber !== undefined, 'German numbers are found');

  chapter('Reserve it, and register the business: a wrong number of the register is refused');
  const option = { numberOrderOption: { phoneNumbers: [phoneNumber] } };
  const order = await call('create_number_order', { ...product, ...option });
  const numberOrderId = /^Order (\w+): CREATED/.exec(order.text)?.[1];
  check(numberOrderId !== undefined, 'the number is reserved');
  const business = {
    businessName: 'Vandelay GmbH',
    street: 'Unter den Linden 1',
    city: 'Berlin',
    postalCode: '10117',
    contactEmail: 'art@example.com',
    usage: 'CUSTOMER_SERVICE',
  };
  const register = (registrationNumber: string) => {
    const requestDetails = { data: { ...business, registrationNumber } };
    return call('update_number_order_registration', { numberOrderId, requestDetails });
  };
  const refused = await register('12345');
  check(refused.isError, 'the registration is refused');
  check(!(await register('HRB 12345')).isError, 'the mended registration is taken');

  chapter('Submit it: the person sees price and registration, and says yes');
  personWill('right answer');
  const submitted = await call('submit_number_order', { numberOrderId });
  check(submitted.structured.outcome === 'completed', 'the order is submitted');
  const reviewed = await call('wait_for_number_order', { numberOrderId });
  check(reviewed.structured.outcome === 'completed', 'the review accepts it');
  const owned = await call('get_active_number', { phoneNumber });
  check(!owned.isError, 'the German number is rented');
}

/** Many numbers at once: three that do not work, and the one yes that mends them all. */
async function mendAll(
  call: (tool: string, args: object) => Promise<ToolAnswer>,
  personWill: (reply: Reply) => void,
  smsConfiguration: object,
): Promise<void> {
  chapter('Rent three more with one yes, on a campaign that has run out');
  const select = {
    ...{ regionCode: 'US', type: 'LOCAL', count: 3 },
    numberPattern: { pattern: '+1206', searchPattern: 'START' },
  };
  personWill('right answer');
  const three = await call('rent_numbers', { select, smsConfiguration });
  check(three.structured.done === 3, 'three numbers are rented');
  const { phoneNumbers } = three.structured;
  const stuck = await call('wait_for_provisioning', { phoneNumbers });
  check(stuck.text.includes('failed 3'), 'the campaign fails for all of them');

  chapter('Audit, and mend all of them with one yes: the audit names the call');
  const findings = await call('audit_provisioning', { sections: ['findings'] });
  const [, repair = ''] = /update_active_numbers (\{.*\})$/m.exec(findings.text) ?? [];
  check(repair.includes('CAMPAIGN_EXPIRED'), 'the audit names the call that mends the worst finding');
  say('person', 'The new campaign is CDEMO01.');
  const repaired = await call('update_active_numbers', JSON.parse(repair.replace('<campaignId>', 'CDEMO01')));
  check(repaired.structured.done === 3, 'all three numbers are updated');
  const all = await call('wait_for_provisioning', { phoneNumbers });
  check(all.text.includes('provisioned 3'), 'all three work');
  const again = await call('audit_provisioning', { finding: 'CAMPAIGN_EXPIRED' });
  check(again.text.includes('No number has CAMPAIGN_EXPIRED'), 'nothing is left of the finding');
}

/** The events of a number, once its campaign's is among them: it may come a moment after the job's end. */
async function eventOf(client: ChildServerClient, phoneNumber: string): Promise<ToolAnswer> {
  say('agent calls', `list_callback_events ${JSON.stringify({ phoneNumber })}`);
  for (let attempt = 1; ; attempt++) {
    const answer = await client.callTool('list_callback_events', { phoneNumber });
    if (answer.text.includes('CAMPAIGN') || attempt === 20) return answer;
    await sleep(200);
  }
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`the demo went wrong: it is not so that ${what}`);
}

function chapter(title: string): void {
  print(`\n== ${title}`);
}

function say(who: string, text: string): void {
  print(`${who}: ${text.includes('\n') ? `\n${text}` : text}`.replaceAll('\n', '\n    '));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
