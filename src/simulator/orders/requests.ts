/** Reads the requests of orders the way the API does, and refuses what it refuses. */
import { NUMBER_TYPES } from '../../api/schemas/numbers.ts';
import { MAX_ORDERED } from '../../api/schemas/orders.ts';
import { contentTooLarge, fieldViolation, invalidArgument } from '../errors.ts';
import { MAX_ATTACHMENT_BYTES, MAX_FORM_BYTES } from '../invented.ts';
import {
  type Body,
  type Configuration,
  readConfiguration,
  readEnum,
  readFilter,
  readList,
  readObject,
  readText,
  requireLinks,
} from '../requests.ts';
import type { NumberFilter } from '../stock.ts';

export interface Product {
  readonly regionCode: string;
  readonly numberType: string;
}

export interface OrderRequest extends Product {
  /** One number, or so many of those that fit. */
  readonly wanted:
    | { readonly phoneNumber: string }
    | { readonly count: number; readonly filter: NumberFilter; readonly sequential: boolean };
  readonly configuration: Configuration;
}

export interface UploadedFile {
  readonly fileName: string;
  readonly mimeType: string;
  readonly documentType: string | undefined;
}

/** @throws {SimulatedError} 400 */
export function readProduct(body: Body): Product {
  const regionCode = readText(body, 'regionCode') ?? '';
  const numberType = readEnum(NUMBER_TYPES, 'numberType', body.numberType);
  if (!/^[A-Z]{2}$/.test(regionCode)) throw fieldViolation('regionCode', 'Must be an ISO 3166-1 code');
  if (numberType === undefined) throw fieldViolation('numberType', 'Must not be empty');
  return { regionCode, numberType };
}

/** @throws {SimulatedError} 400 */
export function readOrder(body: Body): OrderRequest {
  const product = readProduct(body);
  return { ...product, wanted: readWanted(body, product), configuration: readLinks(body) };
}

function readWanted(body: Body, { regionCode, numberType }: Product): OrderRequest['wanted'] {
  const one = readObject(body, 'numberOrderOption');
  const many = readObject(body, 'quantityOrderOption');
  if ((one === undefined) === (many === undefined)) {
    throw invalidArgument('exactly one of numberOrderOption and quantityOrderOption is needed');
  }
  if (one) {
    const [phoneNumber, ...others] = readList(one, 'phoneNumbers');
    if (typeof phoneNumber === 'string' && others.length === 0) return { phoneNumber };
    throw fieldViolation('numberOrderOption.phoneNumbers', 'Must hold exactly one phone number');
  }
  const { requestedQuantity: count, sequential, numberPattern } = many ?? {};
  if (!Number.isInteger(count) || typeof count !== 'number' || count < 1 || count > MAX_ORDERED) {
    throw fieldViolation('quantityOrderOption.requestedQuantity', `Must be from 1 to ${MAX_ORDERED}`);
  }
  const { pattern, searchPattern } = readObject({ numberPattern }, 'numberPattern') ?? {};
  const capabilities = readList(many ?? {}, 'capabilities');
  const criteria = { regionCode, type: numberType, capabilities, pattern, searchPattern };
  return { count, sequential: sequential === true, filter: readFilter(criteria, 'capabilities') };
}

/** Voice names its type here, which a rent need not. */
function readLinks(body: Body): Configuration {
  const voice = readObject(body, 'voiceConfiguration');
  if (voice && (voice.type ?? '') === '')
    throw fieldViolation('voiceConfiguration.type', 'Must not be empty');
  const configuration = readConfiguration(body);
  requireLinks(configuration);
  const { callbackUrl } = configuration;
  if (callbackUrl && !URL.canParse(callbackUrl)) throw fieldViolation('callbackUrl', 'Must be a URI');
  return configuration;
}

/**
 * Reads a form with a file. One that is too large is not read to its end.
 * @throws {SimulatedError} 400, or 413
 */
export async function readUpload(request: Request): Promise<UploadedFile> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) throw invalidArgument('multipart/form-data is needed');
  const tooLarge = contentTooLarge('file', `The file is larger than ${MAX_ATTACHMENT_BYTES} bytes`);
  const limit = MAX_ATTACHMENT_BYTES + MAX_FORM_BYTES;
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > limit) throw tooLarge;
    chunks.push(chunk);
  }
  const form = await new Response(Buffer.concat(chunks), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw invalidArgument('the form cannot be read');
    });
  const file = form.get('file');
  const documentType = form.get('documentType');
  if (file === null || typeof file === 'string') throw fieldViolation('file', 'Must be a file');
  if (file.size > MAX_ATTACHMENT_BYTES) throw tooLarge;
  return {
    fileName: file.name,
    mimeType: file.type,
    documentType: typeof documentType === 'string' ? documentType : undefined,
  };
}
