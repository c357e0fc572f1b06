/** Something that goes wrong with a request on purpose. */
export interface Fault {
  /** Which requests it can hit. `path` is tried on the raw path with its query. */
  readonly method?: string;
  readonly path?: RegExp;
  /** The first matching request that is hit, counted from 1 (the default). */
  readonly nth?: number;
  /** How many matching requests in a row are hit; 1 by default. */
  readonly times?: number;
  /** Waits this many milliseconds of real time before anything else. */
  readonly delayMs?: number;
  /** Answers this instead of carrying the request out. A string body is sent as it is, as HTML. */
  readonly answer?: {
    readonly status: number;
    readonly body?: object | string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Cuts the connection before the request takes effect, or after it did and before the answer. */
  readonly drop?: 'before' | 'after';
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that this request is hit by. Counts the request. */
  next(method: string, path: string): Fault | undefined;
}

export function createFaults(): Faults {
  let armed: { fault: Fault; seen: number }[] = [];
  return {
    add: (fault) => {
      armed.push({ fault, seen: 0 });
    },
    clear: () => {
      armed = [];
    },
    next(method, path) {
      let hit: Fault | undefined;
      for (const entry of armed) {
        const { fault } = entry;
        if (fault.method !== undefined && fault.method !== method) continue;
        if (fault.path !== undefined && !fault.path.test(path)) continue;
        const first = fault.nth ?? 1;
        entry.seen++;
        if (entry.seen >= first && entry.seen < first + (fault.times ?? 1)) hit ??= fault;
      }
      return hit;
    },
  };
}
