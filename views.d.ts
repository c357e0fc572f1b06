import type { Plugin } from 'vitest/config';

export function buildView(path: string): Promise<string>;
export const viewsForVite: Plugin;
