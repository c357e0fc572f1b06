import { DEFAULT_ACTIVE_NUMBERS, DEFAULT_SEED } from '../simulator/invented.ts';
import { startSimulator } from '../simulator/simulator.ts';

export interface SimulatorCommandOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined;
  readonly active?: number | undefined;
  readonly seed?: string | undefined;
  /** Whether US LOCAL numbers alone can be rented, as newer accounts allow. */
  readonly rentUsLocal: boolean;
}

/** Runs the simulator until a stop signal. Its address and key go to stdout as one line of JSON. */
export async function runSimulator(options: SimulatorCommandOptions): Promise<void> {
  const { port = 0, active = DEFAULT_ACTIVE_NUMBERS, seed = DEFAULT_SEED, rentUsLocal } = options;
  const policies = { rent: rentUsLocal ? 'us-local' : 'any' } as const;
  const simulator = await startSimulator({ port, active, seed, policies });
  const { url, projectId, keyId, keySecret } = simulator;
  process.stdout.write(`${JSON.stringify({ url, projectId, keyId, keySecret })}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await simulator.close();
}
