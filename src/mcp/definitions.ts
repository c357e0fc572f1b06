import type { Tool as ToolDefinition } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Effect } from '../numbers/operations.ts';
import type { Tool } from '../tools/tool.ts';

/** A tool as `tools/list` shows it. */
export function toolDefinition(tool: Tool): ToolDefinition {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: jsonSchema(tool.input, 'input'),
    outputSchema: jsonSchema(tool.output, 'output'),
    annotations: annotations(tool.effect),
  };
}

/** All four hints, from the one thing they follow from. A write replaces what was there: that is destructive. */
function annotations(effect: Effect) {
  return {
    readOnlyHint: effect === 'read',
    destructiveHint: effect === 'destructive' || effect === 'write',
    idempotentHint: effect !== 'billing',
    openWorldHint: true,
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): ToolDefinition['inputSchema'] {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return { ...rest, type: 'object' } as ToolDefinition['inputSchema'];
}
