import { SMS_ERROR_CODES } from '../api/schemas/numbers.ts';
import { DEFAULT_ACTIVE_NUMBERS, DEFAULT_SEED } from '../simulator/invented.ts';

export interface HelpOptions {
  readonly product: { readonly name: string; readonly version: string; readonly description: string };
  /** The most numbers that the simulator starts with. */
  readonly maxActive: number;
  readonly variables: readonly {
    readonly name: string;
    readonly meaning: string;
    readonly byDefault: string;
  }[];
}

/** What `--help` prints. */
export function help({ product, maxActive, variables }: HelpOptions): string {
  const { name, version, description } = product;
  const width = Math.max(...variables.map((variable) => variable.name.length));
  const environment = variables.map(
    ({ name: variable, meaning, byDefault }) =>
      `  ${variable.padEnd(width)}  ${meaning.replaceAll('`', '')} (default: ${byDefault.replaceAll('`', '')})`,
  );
  return `${name} ${version}
${description}

Usage:
  ${name}              serve MCP over stdio
  ${name} --simulator  the same against a simulated Numbers API: no account, no money, no network
  ${name} simulator    run the simulator alone; prints its address and key as one line of JSON
                                 --port N    port on 127.0.0.1, 0 for any (default: 0)
                                 --active N  rented numbers to start with (default: ${DEFAULT_ACTIVE_NUMBERS}, at most ${maxActive})
                                 --seed S    decides credentials and numbers (default: ${DEFAULT_SEED})
                                 --rent-us-local  rent US LOCAL numbers alone, as newer accounts do; also with --simulator
  ${name} http         serve MCP over Streamable HTTP at /mcp; with --simulator as above
                                 --port N    port, 0 for any (default: 0)
                                 --host A    address (default: 127.0.0.1); any other needs SINCH_NUMBERS_HTTP_TOKEN or _ISSUER
  ${name} doctor       check configuration, credentials and reachability, and say what to mend; --json for programs
  ${name} migrate      copy a state folder into a database, again as often as needed; stop the servers that use the folder
                                 --from DIR  the folder (default: SINCH_NUMBERS_STATE_DIR)
                                 --to URL    postgres://user@host/database, its password in PGPASSWORD
                                             (default: SINCH_NUMBERS_DATABASE_URL)
  ${name} demo         a conversation with the server on its simulator
  ${name} --version | --help

Failures in the simulator:
  A link fails when its servicePlanId or campaignId contains one of the API's error codes, in any case, with
  - or _: campaignId FAIL-CAMPAIGN_EXPIRED ends in CAMPAIGN_EXPIRED. A voice ID that contains
  PROVISIONING_TO_VOICE_PLATFORM_FAILED fails. An ID that contains STUCK stays IN_PROGRESS. A campaign on a
  toll-free number ends in TFN_NOT_ALLOWED. A number without SMS or VOICE cannot be linked to it. All other
  IDs succeed. An order is reviewed within seconds and COMPLETED, unless a text of its registration contains
  REJECTED, BLOCKED, EXPIRED or STUCK. A file whose name contains FAILED is not taken. The codes: ${SMS_ERROR_CODES.join(', ').replace(/(.{60,90}), /g, '$1,\n  ')}.

Environment:
${environment.join('\n')}`;
}
