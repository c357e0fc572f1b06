import * as z from 'zod';
import { InvalidRequestError, isNotFound, isNumbersError } from '../../api/errors.ts';
import { causeOf } from '../../api/failure.ts';
import { quote, word } from '../../api/format.ts';
import type { FilePart } from '../../api/multipart.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { readRegistration, requiredAttachments } from '../../api/registration.ts';
import {
  attachmentId,
  numberOrderId,
  type Registration,
  type RequiredAttachment,
  registration,
  uploadNumberOrderAttachmentForm,
} from '../../api/schemas/orders.ts';
import { type ToolContext, writeTool } from '../tool.ts';
import { openAttachment, withProgress } from './attachment-file.ts';
import { cutLines, cutStatus } from './order-text.ts';
import { statusLines } from './registration.ts';

const operation = orderOperations.uploadNumberOrderAttachment;

export const uploadNumberOrderAttachment = writeTool({
  name: 'upload_number_order_attachment',
  title: 'Upload file for an order',
  description:
    'Upload a file that lookup_number_requirements asks for, from the folder the user set aside. You do not see its content.',
  operation,
  input: z.strictObject({
    numberOrderId,
    attachmentId,
    fileName: z.string().min(1).describe('e.g. passport.pdf'),
    documentType: uploadNumberOrderAttachmentForm.shape.documentType,
  }),
  output: registration,
  async handler({ fileName, ...input }, context) {
    const { numbers, attachmentsDir, progress, signal } = context;
    if (attachmentsDir === undefined) {
      throw new InvalidRequestError(
        "no folder is set aside for files: tell the user to set SINCH_NUMBERS_ATTACHMENTS_DIR in the env of this server in the MCP client's configuration, to a folder with nothing else in it, and to restart it",
      );
    }
    const file = await openAttachment(attachmentsDir, fileName);
    const required = await requiredAttachment(input, context);
    if (required !== undefined) checkFile(required, file, input.documentType);
    const watched = withProgress(file, (bytes) =>
      progress?.(bytes, file.size, `${word(fileName)}: uploading`),
    );
    await numbers.call(operation, { ...input, file: watched }, signal);
    const { numberOrderId: id } = input;
    const { answer, problem } = await readStatus(id, context, {
      ...{ attachmentId: input.attachmentId, fileName, mimeType: file.type },
    });
    const uploaded = `Uploaded ${quote(fileName)} (${file.type}, ${file.size} bytes).`;
    const asked = JSON.stringify({ numberOrderId: id });
    const status =
      problem === undefined
        ? statusLines(answer)
        : [`Its status could not be read (${problem}): get_number_order_registration ${asked} shows it.`];
    const next = `Next, once every mandatory file is COMPLETED: submit_number_order ${asked}.`;
    return {
      text: [uploaded, ...status, next].join('\n'),
      structured: cutStatus({ attachments: answer.attachments, logs: answer.logs }),
      hints: [uploaded, ...(problem === undefined ? cutLines(answer) : status), next],
    };
  },
});

/** The files of an order after an upload. That cannot be undone: where they cannot be read, `uploaded` is what is known. */
async function readStatus(
  numberOrderId: string,
  { numbers, signal }: ToolContext,
  uploaded: Registration['attachments'][number],
): Promise<{ readonly answer: Registration; readonly problem?: string }> {
  try {
    return { answer: await readRegistration(numbers, numberOrderId, signal) };
  } catch (error) {
    if (!isNumbersError(error)) throw error;
    return { answer: { attachments: [uploaded], logs: [] }, problem: causeOf(error).replace(/\.$/, '') };
  }
}

/** What is asked for under this ID; undefined where no requirements are on file. */
async function requiredAttachment(
  input: { readonly numberOrderId: string; readonly attachmentId: string },
  { numbers, signal }: ToolContext,
): Promise<RequiredAttachment | undefined> {
  const { numberOrderId: id, attachmentId: wanted } = input;
  const order = await numbers.call(orderOperations.getNumberOrder, { numberOrderId: id }, signal);
  const { regionCode = '', numberType } = order;
  const product = orderOperations.lookupNumberRequirements.body.safeParse({ regionCode, numberType });
  if (!product.success) return undefined;
  try {
    const requirements = await numbers.call(orderOperations.lookupNumberRequirements, product.data, signal);
    const all = requiredAttachments(requirements);
    const found = all.find((one) => one.id === wanted);
    if (found !== undefined || all.length === 0) return found;
    const known = all.map((one) => `${word(one.id ?? '')} ${quote(one.title ?? '')}`);
    throw new InvalidRequestError(`attachmentId is none of this order's: ${known.join(', ')}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return undefined;
  }
}

/** @throws {InvalidRequestError} where the file is not what is asked for */
function checkFile(
  { allowedMimeTypes = [], allowedDocumentTypes = [] }: RequiredAttachment,
  { type, size }: FilePart,
  documentType: string | undefined,
): void {
  if (size === 0) throw new InvalidRequestError('the file is empty');
  if (allowedMimeTypes.length > 0 && !allowedMimeTypes.includes(type)) {
    throw new InvalidRequestError(
      `the file is ${type} by its name, and must be one of ${allowedMimeTypes.map(word).join(', ')}`,
    );
  }
  if (allowedDocumentTypes.length > 0 && !allowedDocumentTypes.includes(documentType ?? '')) {
    throw new InvalidRequestError(
      `documentType must be one of ${allowedDocumentTypes.map((it) => quote(it)).join(', ')}`,
    );
  }
}
