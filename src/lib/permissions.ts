/**
 * Whether others than its owner may use a file or folder. Windows has no such bits: there nothing is reported.
 * @param mode as `stat` tells it
 */
export function isOpenToOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}
