/** What tests of resources share: resources by their URI, templates by their variable. */
import {
  type Resource,
  type ResourceTemplate,
  resources,
  resourceTemplates,
} from '../../src/resources/resources.ts';

export function resourceAt(uri: string): Resource {
  const resource = resources.find((candidate) => candidate.uri === uri);
  if (resource === undefined) throw new Error(`there is no resource ${uri}`);
  return resource;
}

export function templateOf(variable: string): ResourceTemplate {
  const template = resourceTemplates.find((candidate) => candidate.variable === variable);
  if (template === undefined) throw new Error(`there is no template with ${variable}`);
  return template;
}

/** A journal of nothing. */
export async function noEntries() {
  return { entries: [] };
}

/** No orders. */
export const noOrders = { list: async () => [] };
