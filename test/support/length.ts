/** The two lengths of a test: a short one that runs each time, and a long one for `npm run test:soak`. */

/** Whether the long form was asked for. */
export const isLong = process.env.MODE === 'soak';

/** One of two figures, by the length of the run. */
export function either(long: number, short: number): number {
  return isLong ? long : short;
}
