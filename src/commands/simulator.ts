import { startSimulator } from '../simulator/simulator.ts';

export interface SimulatorCommandOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly active: number;
  readonly seed: string;
}

/** Runs the simulator until the process is told to stop. Its address and key go to stdout as one line of JSON. */
export async function runSimulator(options: SimulatorCommandOptions): Promise<void> {
  const simulator = await startSimulator(options);
  const { url, projectId, keyId, keySecret } = simulator;
  process.stdout.write(`${JSON.stringify({ url, projectId, keyId, keySecret })}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await simulator.close();
}
