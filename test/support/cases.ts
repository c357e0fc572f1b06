/**
 * Checks many cases in one test, at the same time, each to its end. Fails as the first one that failed does,
 * under the names of all that did.
 */
export async function forEachCase<T>(
  cases: Iterable<T>,
  nameOf: (it: T) => string,
  check: (it: T) => void | Promise<void>,
): Promise<void> {
  const all = [...cases];
  const results = await Promise.allSettled(all.map(async (it) => check(it)));
  const failed = all.filter((_, index) => results[index]?.status === 'rejected').map(nameOf);
  const first = results.find(({ status }) => status === 'rejected');
  if (all.length === 0) throw new Error('there is no case');
  if (first?.status !== 'rejected') return;
  const { reason } = first;
  if (reason instanceof Error) reason.message = `${failed.join(', ')}: ${reason.message}`;
  throw reason;
}
