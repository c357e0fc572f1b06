/** A network that fails: what stands between a client and a server, and can be cut. */
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Network {
  /** Where the server is reached through it. */
  readonly origin: string;
  /** Cuts every connection, on both sides. Until it is mended, no new one is taken. */
  cut(): void;
  /** Carries nothing any more, and cuts nothing either. */
  hold(): void;
  mend(): void;
  /** How many connections were made. */
  connections(): number;
}

/** Stands before a server on 127.0.0.1 until the test is over. */
export async function openProxy(port: number): Promise<Network> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let isHeld = false;
  let connections = 0;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    connections++;
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
      if (isHeld) socket.pause();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${bound}`,
    cut,
    hold: () => {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
      isHeld = false;
    },
    connections: () => connections,
  };
}
