import { randomUUID } from 'node:crypto';
import type { ChangeBus } from '../../lib/change-bus.ts';
import { isOpen, isSameQuestion, reasonToReplace } from '../approval-state.ts';
import { approvalAt } from '../approvals.ts';
import { APPROVAL_KEPT_MS, type Approval, type Approvals, type NewApproval } from '../store.ts';
import type { Database, Row, Run } from './database.ts';
import { databaseError } from './errors.ts';
import type { Recently } from './recently.ts';
import { type ApprovalRow, approvalOf } from './rows.ts';
import { type Sql, sql } from './sql.ts';

interface ApprovalParts {
  readonly database: Database;
  readonly bus: ChangeBus<Approval>;
  readonly recently: Recently;
  readonly subscribe: Approvals['subscribe'];
}

export interface StoredApprovals extends Approvals {
  /** Marks one as spent, inside of a transaction. @returns what is to be done once that is committed */
  spend(run: Run, id: string): Promise<() => void>;
  /** Publishes what other processes changed. */
  catchUp(): Promise<void>;
  /** Deletes what nobody finds any more. */
  prune(): Promise<void>;
}

/** Approvals as a table. Whether one is spent stands in its row, written together with the intent that spends it. */
export function createApprovals({ database, bus, recently, subscribe }: ApprovalParts): StoredApprovals {
  const { run, time } = database;

  /** What changes, told to all processes as it takes effect. */
  function changing(statement: Sql): Sql {
    return sql`with changed as (${statement} returning *)
      select *, ${time()} as now, pg_notify('sinch_numbers', 'approvals') from changed`;
  }

  const updating = (assignments: Sql, condition: Sql) =>
    changing(sql`update sinch_numbers.approval
      set ${assignments}, version = version + 1, changed_at = statement_timestamp() where ${condition}`);

  const isStillOpen = () =>
    sql`expires_at > ${time()} and spent_at is null and outcome is null and not is_delivered`;

  function publish(rows: readonly Row[]): void {
    for (const row of rows.map(approvalOf)) {
      const approval = viewOf(row);
      if (recently.isNew(row.key) && approval !== undefined) bus.publish(approval);
    }
  }

  async function change(assignments: Sql, condition: Sql): Promise<boolean> {
    const rows = await run(updating(assignments, condition));
    publish(rows);
    return rows.length > 0;
  }

  async function newest(condition: Sql): Promise<Approval | undefined> {
    const [row] = await run(sql`select *, ${time()} as now from sinch_numbers.approval
      where ${condition} order by seq desc limit 1`);
    return row && viewOf(approvalOf(row));
  }

  async function insert(inside: Run, question: NewApproval): Promise<readonly Row[]> {
    const { caller, call, tool, terms, channel, tokenHash, subject, expiresAt } = question;
    const insertion = sql`insert into sinch_numbers.approval
        (id, caller, call, tool, terms, channel, state, token_hash, subject, expires_at)
      values (${randomUUID()}, ${caller}, ${call}, ${tool}, ${terms}, ${channel}, 'asked', ${tokenHash},
        ${subject && JSON.stringify(subject)}, ${dateOf(expiresAt)})`;
    return inside(changing(insertion));
  }

  return {
    async ask(question) {
      const { caller, call } = question;
      const { stored, rows } = await database.transaction(async (inside) => {
        // Of two processes that ask about the same call at once, the second finds what the first asked.
        const key = JSON.stringify([caller, call]);
        await inside(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`);
        const [row] = await inside(sql`select *, ${time()} as now from sinch_numbers.approval
          where caller = ${caller} and call = ${call} order by seq desc limit 1 for update`);
        const older = row && approvalOf(row);
        const open = older && older.spentAt === undefined && isOpen(older.approval, older.now);
        if (!open) return { rows: await insert(inside, question) };
        if (isSameQuestion(older.approval, question)) return { stored: older, rows: [] };
        const reason = reasonToReplace(older.approval, question);
        const replaced = await inside(
          updating(sql`state = 'expired', reason = ${reason}`, sql`id = ${older.approval.id}`),
        );
        return { rows: [...replaced, ...(await insert(inside, question))] };
      });
      publish(rows);
      const asked = rows.at(-1);
      const approval = viewOf(asked ? approvalOf(asked) : stored);
      if (approval === undefined || (asked && approval.state !== 'asked'))
        throw databaseError(
          'the question had expired before it was stored: this clock is behind that of the database',
        );
      return { approval, isNew: asked !== undefined };
    },
    get: (id) => newest(sql`id = ${id}`),
    async find(caller, call) {
      const approval = await newest(sql`caller = ${caller} and call = ${call}`);
      return approval?.isDelivered ? undefined : approval;
    },
    findByToken: (tokenHash) => newest(sql`token_hash = ${tokenHash}`),
    decide: (id, { state, reason, channel, expiresAt }) =>
      change(
        sql`state = ${state}, expires_at = ${dateOf(expiresAt)}, reason = coalesce(${reason}, reason),
          channel = coalesce(${channel}, channel)`,
        sql`id = ${id} and ${isStillOpen()} and (state = 'asked' or (state = 'granted' and ${state} = 'expired'))`,
      ),
    async update(id, { channel, expiresAt }) {
      await change(
        sql`channel = coalesce(${channel}, channel),
          expires_at = coalesce(${expiresAt === undefined ? undefined : dateOf(expiresAt)}, expires_at)`,
        sql`id = ${id} and ${isStillOpen()} and state = 'asked'`,
      );
    },
    async conclude(id, outcome, expiresAt) {
      await change(
        sql`outcome = ${JSON.stringify(outcome)}, expires_at = ${dateOf(expiresAt)}`,
        sql`id = ${id} and (expires_at > ${time()} or outcome is null and spent_at > ${time()} - ${KEPT})
          and spent_at is not null`,
      );
    },
    async delivered(id) {
      await change(sql`is_delivered = true`, sql`id = ${id}`);
    },
    subscribe,
    async spend(inside, id) {
      const rows = await inside(updating(sql`spent_at = ${time()}`, sql`id = ${id} and spent_at is null`));
      return () => publish(rows);
    },
    async catchUp() {
      publish(
        await run(sql`select *, ${time()} as now from sinch_numbers.approval
          where changed_at > ${recently.since()} order by changed_at, seq`),
      );
    },
    async prune() {
      await run(sql`delete from sinch_numbers.approval
        where greatest(expires_at, spent_at) < ${time()} - 2 * ${KEPT}`);
    },
  };
}

const KEPT = sql`${APPROVAL_KEPT_MS} * interval '1 millisecond'`;

function viewOf(row: ApprovalRow | undefined): Approval | undefined {
  return row && approvalAt(row.approval, row.spentAt, row.now);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
