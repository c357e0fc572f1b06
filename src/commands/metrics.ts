// The package as a whole brings tracing, quantiles and a cluster along: four times the size.
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import type { Http } from '../api/http.ts';
import type { CalledTool } from '../mcp/tools.ts';

/** What a server counts, for Prometheus. No number, name or ID is among the labels. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  called(call: CalledTool): void;
  /** Counts what is sent by these connections, by the status of the answer. */
  counting(http: Http): Http;
}

/** From a read that is answered at once to a call that waits for a person, in seconds. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** @param sessions how many are open now */
export function createMetrics(sessions: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({
    ...{ name: 'sinch_numbers_tool_calls_total', registers, labelNames: ['tool', 'outcome'] as const },
    help: 'Tool calls by outcome: that of a gated tool, else ok, error or cancelled.',
  });
  const durations = new Histogram({
    ...{ name: 'sinch_numbers_tool_call_duration_seconds', registers, labelNames: ['tool'] as const },
    help: 'Time from call to result, the wait for a person included.',
    buckets: BUCKETS_S,
  });
  const requests = new Counter({
    ...{ name: 'sinch_numbers_api_requests_total', registers, labelNames: ['status'] as const },
    help: 'Requests to the Numbers API and its token endpoint by HTTP status; none where no answer came.',
  });
  new Gauge({
    ...{ name: 'sinch_numbers_sessions', registers, help: 'Open sessions.' },
    collect() {
      this.set(sessions());
    },
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    called({ tool, outcome, durationMs }) {
      calls.inc({ tool, outcome });
      durations.observe({ tool }, durationMs / 1000);
    },
    counting: (http) => ({
      async send(request) {
        try {
          const response = await http.send(request);
          requests.inc({ status: response.status });
          return response;
        } catch (error) {
          requests.inc({ status: 'none' });
          throw error;
        }
      },
      close: () => http.close(),
    }),
  };
}
