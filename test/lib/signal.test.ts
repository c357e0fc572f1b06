import { describe, expect, test } from 'vitest';
import { createSignal } from '../../src/lib/signal.ts';

describe('a signal', () => {
  test('says nothing until it aborts', () => {
    const { signal } = createSignal();
    expect(signal.aborted).toBe(false);
    expect(signal.reason).toBeUndefined();
    expect(() => signal.throwIfAborted()).not.toThrow();
  });

  test('tells all that listen, in order, and throws its reason from then on', () => {
    const { signal, abort } = createSignal();
    const reason = new Error('enough');
    const told: string[] = [];
    signal.addEventListener('abort', () => told.push(`first: ${signal.aborted}`));
    signal.addEventListener('abort', () => told.push('second'));
    abort(reason);
    expect(told).toEqual(['first: true', 'second']);
    expect(signal.reason).toBe(reason);
    expect(() => signal.throwIfAborted()).toThrow(reason);
  });

  test('aborts once: a second reason counts for nothing', () => {
    const { signal, abort } = createSignal();
    let told = 0;
    signal.addEventListener('abort', () => told++);
    abort('first');
    abort('second');
    expect(told).toBe(1);
    expect(signal.reason).toBe('first');
  });

  test.each([undefined, null, 0, ''])('aborts with %j too', (reason) => {
    const { signal, abort } = createSignal();
    abort(reason);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(reason);
    let thrown: unknown = 'nothing';
    try {
      signal.throwIfAborted();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(reason);
  });

  test('does not tell who no longer listens, and tells nobody twice', () => {
    const { signal, abort } = createSignal();
    let told = 0;
    const listen = () => told++;
    const leave = () => told++;
    signal.addEventListener('abort', listen);
    signal.addEventListener('abort', listen);
    signal.addEventListener('abort', leave);
    signal.removeEventListener('abort', leave);
    abort('enough');
    expect(told).toBe(1);
  });

  test('can be left by one listener while it tells another', () => {
    const { signal, abort } = createSignal();
    const told: string[] = [];
    const second = () => told.push('second');
    signal.addEventListener('abort', () => {
      told.push('first');
      signal.removeEventListener('abort', second);
    });
    signal.addEventListener('abort', second);
    abort('enough');
    expect(told).toEqual(['first']);
  });
});
