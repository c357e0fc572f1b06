/** What a person is shown of a registration before it is submitted: who it is about, and which files go with it. */
import { quote } from '../../api/format.ts';
import { textsIn } from '../../api/personal.ts';
import { registeredDetails, requiredAttachments } from '../../api/registration.ts';
import type { NumberRequirements, Registration, RequiredAttachment } from '../../api/schemas/orders.ts';
import { isFields } from '../../lib/fields.ts';

/** Whether anything is registered. */
export function isRegistered(registration: Registration): boolean {
  return Object.keys(registeredDetails(registration) ?? {}).length > 0;
}

/** The names of businesses and people in a registration, each once. */
export function registeredNames(registration: Registration): string[] {
  return [...new Set(namesIn(registeredDetails(registration)))];
}

/** Keys of what is called by a name; what countries call their fields is not known beforehand. */
const NAME_KEY = /(names?|company|organi[sz]ation)$/i;

/** First and last name stand together, as they do in one part of a form. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (!isFields(value)) return [];
  const entries = Object.entries(value);
  const own = entries.flatMap(([key, inner]) =>
    NAME_KEY.test(key) && typeof inner === 'string' && inner !== '' ? [inner] : [],
  );
  const others = entries.flatMap(([key, inner]) => (NAME_KEY.test(key) ? nameOf(inner) : namesIn(inner)));
  return [...(own.length > 0 ? [own.join(' ')] : []), ...others];
}

/** A name that is no text, e.g. `{"first": "Art", "last": "Vandelay"}`, or several. */
function nameOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => (typeof item === 'string' ? [item] : nameOf(item)));
  if (!isFields(value)) return [];
  const named = namesIn(value);
  const texts = textsIn(value);
  return named.length > 0 || texts.length === 0 ? named : [texts.join(' ')];
}

/** Files that were uploaded whole, e.g. `"passport.pdf" (Passport)`. */
export function uploadedFiles({ attachments }: Registration): string[] {
  return attachments.flatMap(({ fileName = 'a file', documentType, uploadStatus }) =>
    uploadStatus === 'COMPLETED'
      ? [`${quote(fileName)}${documentType === undefined ? '' : ` (${quote(documentType)})`}`]
      : [],
  );
}

/** Files without which the order cannot be reviewed, and that are not there. */
export function missingFiles(
  requirements: NumberRequirements | undefined,
  { attachments }: Registration,
): RequiredAttachment[] {
  const isThere = ({ id }: RequiredAttachment) =>
    attachments.some(({ attachmentId, uploadStatus }) => attachmentId === id && uploadStatus === 'COMPLETED');
  const required = requirements === undefined ? [] : requiredAttachments(requirements);
  return required.filter((attachment) => attachment.mandatory === true && !isThere(attachment));
}
