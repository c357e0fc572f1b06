/** What was measured, for people and for programs. */
import { cpus, totalmem } from 'node:os';
import { type Row, ratios, type Summary, summarize } from './figures.ts';

const GIB = 1024 ** 3;

export interface Report {
  readonly machine: Readonly<Record<string, string>>;
  readonly rows: readonly (Row & { readonly ratios: readonly number[] })[];
}

export function reportOf(rows: readonly Row[]): Report {
  const processors = cpus();
  return {
    machine: {
      processor: `${processors[0]?.model.trim() || 'unknown'}, ${processors.length} cores`,
      memory: `${Math.round(totalmem() / GIB)} GiB`,
      system: `${process.platform} ${process.arch}, Node ${process.version}`,
      date: new Date().toISOString().slice(0, 10),
    },
    rows: rows.map((row) => ({ ...row, ratios: ratios(row) })),
  };
}

const HEAD = ['measurement', 'median (range)', 'limit', 'median (range)', 'ratio (range)'];

/** The report as a Markdown table under a line about the machine. */
export function table({ machine, rows }: Report): string {
  const lines = rows.map((row) => [
    row.unit === '' ? row.name : `${row.name}, ${row.unit}`,
    range(summarize(row.measured)),
    row.limitName,
    range(summarize(row.limit)),
    range(summarize(row.ratios)),
  ]);
  const widths = HEAD.map((title, column) =>
    Math.max(...[HEAD, ...lines].map((cells) => cells[column]?.length ?? 0), title.length),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  const cells = [HEAD, rule, ...lines].map((line) =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | '),
  );
  const head = Object.values(machine).join('; ');
  return `${head}\n\n${cells.map((line) => `| ${line} |`).join('\n')}\n\nA ratio is of one round; 1 is the limit itself, more is worse.\n`;
}

function range({ median, min, max }: Summary): string {
  if (Number.isNaN(median)) return 'not to be had';
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}..${figure(max)})`;
}

/** Three digits, or all of a whole number and all before the point. */
function figure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
