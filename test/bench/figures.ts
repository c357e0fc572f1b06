/** Figures of the same thing, one a round, and what can be said of them. */

/** One measurement of the server, with its limit beside it: what the same would cost if there were no server. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly limitName: string;
  readonly better: 'less' | 'more';
  /** One figure a round; the limit's of the same round stands at the same place. */
  readonly measured: readonly number[];
  readonly limit: readonly number[];
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(figures: readonly number[]): Summary {
  return { median: quantile(figures, 0.5), min: Math.min(...figures), max: Math.max(...figures) };
}

/** How many times its limit the server takes, round by round: 1 is the limit itself, whichever way is better. */
export function ratios({ measured, limit, better }: Row): number[] {
  return measured.map((figure, round) => {
    const ratio = figure / (limit[round] ?? Number.NaN);
    return better === 'less' ? ratio : 1 / ratio;
  });
}

/** The smallest figure that is not exceeded by this share of all. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
