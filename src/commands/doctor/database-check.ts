import { isLoopback } from '../../lib/loopback.ts';
import { type Check, failed } from './check.ts';

/** Leases and questions end by the database's clock, and are told by this machine's: further apart confuses. In milliseconds. */
const MAX_SKEW_MS = 10_000;

/** The database that takes the place of the state folder. */
export async function checkDatabase(url: string): Promise<Check> {
  const name = 'database';
  const { inspectDatabase } = await import('../../storage/postgres/inspect.ts');
  try {
    const { version, place, user, isTooOld, isReadOnly, isAllowed, isEncrypted, now } =
      await inspectDatabase(url);
    const skew = Math.round(Math.abs(Date.now() - now) / 1_000);
    const problem = (status: 'fail' | 'warn', message: string, mend: string) => ({
      name,
      status,
      message,
      mend,
    });
    if (isTooOld) return problem('fail', `PostgreSQL ${version} is too old.`, 'Use 14 or newer.');
    if (isReadOnly)
      return problem('fail', `${place} cannot be written to.`, 'Name the primary, not a standby.');
    if (!isAllowed) {
      const mend = `Let an administrator run: grant create on database … to ${user}, or create schema sinch_numbers authorization ${user}.`;
      return problem('fail', `${user} may not write to ${place}, or make the tables there.`, mend);
    }
    if (skew * 1_000 > MAX_SKEW_MS)
      return problem(
        'warn',
        `The clock of the database is ${skew} s off.`,
        'Set both clocks by the network.',
      );
    if (!isEncrypted && !isNear(url)) {
      return problem(
        'warn',
        `the connection to ${place} is not encrypted.`,
        'Add ?sslmode=verify-full to the URL.',
      );
    }
    return { name, status: 'ok', message: `PostgreSQL ${version}, ${place}` };
  } catch (error) {
    const mend = 'Check SINCH_NUMBERS_DATABASE_URL. Nothing can be rented or released without the database.';
    return { ...failed(name, error), mend };
  }
}

/** Whether what is sent there leaves no machine. */
function isNear(url: string): boolean {
  const { hostname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return host.startsWith('/') || isLoopback(host);
}
