import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { isNotFound, isNumbersError } from '../api/errors.ts';
import { describeFailure } from '../api/failure.ts';
import type { Logger } from '../lib/log.ts';
import type { Signal } from '../lib/signal.ts';
import { resources, resourceTemplates, type Sources } from '../resources/resources.ts';
import { canonicalUri } from '../resources/uris.ts';
import { VIEW_MIME_TYPE } from '../views/names.ts';
import { showsViews, VIEW_META, type View } from '../views/views.ts';
import { RpcError } from './errors.ts';

const MIME_TYPE = 'application/json';
/** The protocol's code for a resource that does not exist. */
const RESOURCE_NOT_FOUND = -32002;

interface ResourceParts extends Omit<Sources, 'signal'> {
  /** Those of the tools on offer. Only clients that show views get to see them. */
  readonly views: readonly View[];
  readonly log: Logger;
}

export interface BoundResources {
  /** Notifies the client of those of these resources that it subscribed to. */
  readonly changed: (uris: readonly string[]) => void;
}

/** Answers resources/*. */
export function bindResources(server: Server, { views, log, ...sources }: ResourceParts): BoundResources {
  /** Each URI as the client wrote it, to the URI under which changes are published. */
  const subscribed = new Map<string, string>();

  /** How a URI is read; throws where no resource has it. */
  function reader(uri: string): (signal: Signal) => Promise<object> {
    const resource = resources.find((candidate) => candidate.uri === uri);
    if (resource) return (signal) => resource.read({ ...sources, signal });
    for (const template of resourceTemplates) {
      const value = template.match(uri);
      if (value !== undefined) return (signal) => template.read(value, { ...sources, signal });
    }
    throw notFound(uri);
  }

  const visibleViews = () => (showsViews(server.getClientCapabilities()) ? views : []);

  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: [
      ...resources.map(({ read: _, ...resource }) => ({ ...resource, mimeType: MIME_TYPE })),
      ...visibleViews().map(({ html: _, tool: __, ...view }) => ({
        ...{ ...view, mimeType: VIEW_MIME_TYPE, _meta: VIEW_META },
      })),
    ],
  }));

  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: resourceTemplates.map(({ uriTemplate, name, title, description }) => ({
      uriTemplate,
      name,
      title,
      description,
      mimeType: MIME_TYPE,
    })),
  }));

  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }, { signal }) => {
    const view = visibleViews().find((candidate) => candidate.uri === uri);
    if (view) {
      return { contents: [{ uri, mimeType: VIEW_MIME_TYPE, text: await view.html(), _meta: VIEW_META }] };
    }
    const read = reader(uri);
    try {
      const text = JSON.stringify(await read(signal));
      return { contents: [{ uri, mimeType: MIME_TYPE, text }] };
    } catch (error) {
      if (isNotFound(error)) throw notFound(uri);
      if (!isNumbersError(error)) throw error;
      const message = describeFailure(error, { name: `Reading ${uri}`, effect: 'read', input: {} });
      throw new RpcError(ErrorCode.InternalError, message);
    }
  });

  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    reader(uri);
    subscribed.set(uri, canonicalUri(uri));
    return {};
  });

  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    subscribed.delete(uri);
    return {};
  });

  return {
    changed: (uris) => {
      for (const [uri, canonical] of subscribed) {
        if (!uris.includes(canonical)) continue;
        server.sendResourceUpdated({ uri }).catch((error: unknown) => log.warn(`${uri}: ${String(error)}`));
      }
    },
  };
}

function notFound(uri: string): RpcError {
  return new RpcError(RESOURCE_NOT_FOUND, `Resource not found: ${uri.slice(0, 200)}`, {
    uri: uri.slice(0, 200),
  });
}
