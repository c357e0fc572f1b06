import { openConversation } from '../mcp/early-handshake.ts';
import { createStdioTransport } from '../mcp/stdio.ts';
import { offeredTools } from '../tools/enabled-tools.ts';
import type { ServerOptions } from './app.ts';
import { openLog } from './log.ts';

/** How long a reader of stdout has for what was written when the server ends, in milliseconds. */
const FLUSH_MS = 5_000;

/**
 * Serves MCP over stdin and stdout until stdin ends or a stop signal comes. Only what the first
 * answers need is loaded before they are given.
 */
export async function serve(options: ServerOptions): Promise<void> {
  const log = openLog(options);
  const stdio = createStdioTransport(process.stdin, process.stdout);
  const stop = () => void stdio.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

  const { product, simulator, results } = options;
  const tools = offeredTools(options.offer);
  const conversation = await openConversation(stdio, { ...product, simulator, results, tools }, log);
  if (conversation !== undefined) {
    const { composeServer } = await import('./app.ts');
    const server = await composeServer({ ...options, tools, reach: 'this machine' }, log);
    // Whoever asked is gone: nobody's yes counts any more.
    if (process.stdin.readableEnded) void server.forgetQuestions();
    else process.stdin.once('end', () => void server.forgetQuestions());
    // Settling what earlier processes left behind begins before a call is heard: those that need a yes wait for it.
    const started = server.start();
    const served = server.serve(conversation);
    await started;
    await served;
    await server.close();
  }
  await flush(process.stdout);
}

/** Waits until a slow reader has what was written, for a while. */
async function flush(output: NodeJS.WriteStream): Promise<void> {
  if (output.writableLength === 0 || output.destroyed) return;
  await new Promise<void>((resolve) => {
    output.once('error', () => resolve());
    output.write('', () => resolve());
    setTimeout(resolve, FLUSH_MS);
  });
}
