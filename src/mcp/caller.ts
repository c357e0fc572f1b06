import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  type ElicitRequestParams,
  ElicitResultSchema,
  ErrorCode,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { PATIENCE_WITH_PROGRESS_MS } from '../approval/asking.ts';
import { type Caller, CannotAskError, type FormAnswer } from '../approval/channels/channel.ts';
import { type Question, questionText } from '../approval/question.ts';
import type { Logger } from '../lib/log.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import type { Progress } from '../tools/tool.ts';
import { FORMS_UNSHOWN, isAmong } from './known-clients.ts';
import type { RequestExtra } from './sdk-workarounds.ts';

/** How the person behind one call can be reached: by what the client declared, and what is known of it. */
export function createCaller(
  server: Server,
  { sendRequest, sendNotification }: RequestExtra,
  progress: Progress | undefined,
  log: Logger,
): Omit<Caller, 'id' | 'person' | 'signal'> {
  const clientName = server.getClientVersion()?.name;
  const { form, url } = server.getClientCapabilities()?.elicitation ?? {};
  let asked = 0;

  async function elicit(params: ElicitRequestParams, over: AbortSignal): Promise<FormAnswer> {
    try {
      return await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema, {
        signal: over,
        timeout: 2 * PATIENCE_WITH_PROGRESS_MS,
      });
    } catch (error) {
      if (over.aborted) throw over.reason;
      if (error instanceof McpError && error.code === ErrorCode.MethodNotFound) {
        throw new CannotAskError('the client declared elicitation but does not answer it', { cause: error });
      }
      // Its message is the client's, and may repeat the address of a page.
      const reason = params.mode === 'url' ? 'the client failed to show a link' : String(error);
      log.warn(`elicitation: ${reason}`);
      return { action: 'error' };
    }
  }

  return {
    client: clientName === undefined ? undefined : sanitizeText(clientName, 60),
    progress: progress && ((message) => progress(asked++, undefined, message)),
    elicit:
      form && !isAmong(FORMS_UNSHOWN, clientName)
        ? (question, over) => elicit(formOf(question), over)
        : undefined,
    showLink: url && ((link, over) => elicit({ mode: 'url', ...link }, over)),
    linkDone: (elicitationId) => {
      sendNotification({ method: 'notifications/elicitation/complete', params: { elicitationId } }).catch(
        () => log.info('elicitation: the client is gone before the page behind its link was answered'),
      );
    },
  };
}

function formOf(question: Question): ElicitRequestParams {
  const { field, title, description } = question;
  return {
    message: questionText(question),
    requestedSchema: {
      type: 'object',
      properties: { [field]: { type: 'string', title, description } },
      required: [field],
    },
  };
}
