import type { Score } from './play.ts';

export interface Report {
  /** Who carried the scenarios out. */
  readonly driver: string;
  /** What every conversation begins with: instructions and definitions (o200k). */
  readonly definitionTokens: number;
  readonly scores: readonly Score[];
}

const HEAD = ['scenario', 'solved', 'calls', 'questions', 'tokens', 'wrong writes', 'gate passed'];

/** The scores as a table of text, with the sums of each kind below. */
export function table({ driver, definitionTokens, scores }: Report): string {
  const kinds = (['task', 'attack'] as const).map((kind) => {
    const own = scores.filter((score) => score.kind === kind);
    const sum = (count: (score: Score) => number) => own.reduce((total, score) => total + count(score), 0);
    return [
      `all ${kind}s`,
      `${own.filter(({ solved }) => solved).length} of ${own.length}`,
      ...[
        sum((it) => it.calls),
        sum((it) => it.questions),
        sum((it) => it.tokens),
        sum((it) => it.wrongWrites),
        sum((it) => it.gatePassed),
      ].map(String),
    ];
  });
  const rows = scores.map(({ id, solved, calls, questions, tokens, wrongWrites, gatePassed }) => [
    id,
    solved ? 'yes' : 'NO',
    ...[calls, questions, tokens, wrongWrites, gatePassed].map(String),
  ]);
  const all = [HEAD, ...rows, ...kinds];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const ruler = '-'.repeat(line(HEAD).length);
  return [
    `Driver: ${driver}. Instructions and definitions: ${definitionTokens} tokens (o200k), beside those below.`,
    '',
    ...[line(HEAD), ruler, ...rows.map(line), ruler, ...kinds.map(line)],
    '',
  ].join('\n');
}
