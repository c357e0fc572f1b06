/** Whether an object says anything at all. */
export function isNotEmpty(object: object): boolean {
  return Object.values(object).some((value) => value !== undefined);
}

export const NOT_EMPTY = 'must hold at least one condition';
