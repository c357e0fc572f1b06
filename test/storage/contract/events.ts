import { describe, expect, test } from 'vitest';
import { eventOf, idsFrom, idsOf } from '../../callbacks/support.ts';
import { type Open, SOON } from './support.ts';

/** What the events and changes of every adapter must do. */
export function describeEvents(name: string, open: Open): void {
  describe(`events and changes in ${name}`, () => {
    test('events are kept once, in the order of their arrival, and published to every handle', async () => {
      const { a, b } = await open();
      await a.events.append(eventOf(0));
      await Promise.all([a.start(), b.start()]);
      const published: string[] = [];
      b.events.subscribe((events) => published.push(...idsOf(events)));
      await a.events.append(eventOf(1));
      await expect.poll(() => published, SOON).toEqual(idsFrom(1, 2));
      await Promise.all([a.events.append(eventOf(1)), b.events.append(eventOf(1))]);
      await b.events.append(eventOf(2));
      for (const { events } of [a, b]) expect(idsOf(await events.read())).toEqual(idsFrom(0, 3));
      expect(published).toEqual(idsFrom(1, 3));
      expect(a.events.dropped()).toBe(0);
    });

    test('changes are published to every handle once', async () => {
      const { a, b } = await open();
      await Promise.all([a.start(), b.start()]);
      const published: string[] = [];
      a.changes.subscribe((uris) => published.push(`a ${uris}`));
      b.changes.subscribe((uris) => published.push(`b ${uris}`));
      a.changes.publish(['uri:1', 'uri:2']);
      await expect.poll(() => [...published].sort(), SOON).toEqual(['a uri:1,uri:2', 'b uri:1,uri:2']);
    });
  });
}
