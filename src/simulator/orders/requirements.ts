/**
 * What countries ask for before they give a number. The names of the Australian fields are those of Sinch's one
 * published example; every rule, text, ID and value here is invented, and none describes a real country.
 */

/** A field of a registration. A required boolean must be true: it is a confirmation. */
export interface FieldRule {
  readonly title: string;
  readonly type: 'string' | 'boolean';
  readonly required?: boolean;
  readonly maxLength?: number;
  /** A regular expression that the whole value matches. */
  readonly pattern?: string;
  readonly allowed?: readonly string[];
}

export type Rules = Readonly<Record<string, FieldRule>>;

interface AttachmentRule {
  /** Of the country, not of the order. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly mandatory: boolean;
  readonly template: readonly { readonly name: string; readonly url: string }[];
  readonly allowedMimeTypes: readonly string[];
  readonly allowedDocumentTypes: readonly string[];
}

/** The requirements of one region and type. */
export interface Requirements {
  /** How `requestDetails.data` is to be filled: a list of parts, the first of them a list itself; or one part. */
  readonly form: { readonly parts: readonly Rules[] } | { readonly part: Rules } | undefined;
  readonly attachments: readonly AttachmentRule[];
}

const text = (title: string, maxLength: number, more: Partial<FieldRule> = {}): FieldRule => ({
  title,
  type: 'string',
  required: true,
  maxLength,
  ...more,
});

const USE: Rules = {
  senderId: text('Name that recipients see', 11, { pattern: '[A-Za-z0-9 ]+' }),
  purposeOfTheTraffic: text('Purpose of the traffic', 40, {
    allowed: ['One Time Password', 'Notifications', 'Marketing'],
  }),
  intendedUseOfMobileNumbers: text('Intended use', 40, { allowed: ['Transactional', 'Promotional'] }),
  iConfirmThatMyBusinessHasAValidUseCaseForThisLn: {
    title: 'I confirm that my business has a valid use case',
    type: 'boolean',
    required: true,
  },
};

const END_BUSINESS: Rules = {
  endBusinessName: text('Name of the end business', 100),
  endBusinessAddress: text('Street and number', 100),
  endBusinessAddress2: text('Address, second line', 100, { required: false }),
  city: text('City', 60),
  state: text('State', 60),
  country: text('Country', 2, { pattern: '[A-Z]{2}' }),
  postalCode: text('Postal code', 10),
};

const CONTACT: Rules = {
  firstName: text('First name', 60),
  lastName: text('Last name', 60),
  phoneNumber: text('Phone number of the contact', 16, { pattern: '\\+[1-9][0-9]{6,14}' }),
};

const GERMAN_BUSINESS: Rules = {
  businessName: text('Name of the business', 100),
  registrationNumber: text('Commercial register number', 20, { pattern: 'HR[AB] ?[0-9]{1,6}' }),
  street: text('Street and number', 100),
  city: text('City, in the area of the number', 60),
  postalCode: text('Postal code', 5, { pattern: '[0-9]{5}' }),
  contactEmail: text('E-mail of the contact', 100, { pattern: '\\S+@\\S+' }),
  usage: text('What the number is used for', 20, { allowed: ['CUSTOMER_SERVICE', 'SALES', 'OTHER'] }),
};

const AUSTRALIAN_FILES: readonly AttachmentRule[] = [
  {
    id: 'd1c7ccbf-919d-462f-8587-dec95a1b1100',
    title: 'Identity document',
    description: 'Identity document of the contact',
    mandatory: true,
    template: [],
    allowedMimeTypes: ['application/pdf'],
    allowedDocumentTypes: ['Passport', "Driver's License"],
  },
  {
    id: '01jxn2251d0shhamtbykft2xzx',
    title: 'Letter of authorization',
    description: 'Only where the number is used for another business',
    mandatory: false,
    template: [{ name: 'template.rtf', url: 'https://templates.example/template.rtf' }],
    allowedMimeTypes: ['application/rtf', 'application/pdf'],
    allowedDocumentTypes: [],
  },
];

const REQUIREMENTS: Readonly<Record<string, Requirements>> = {
  'AU MOBILE': { form: { parts: [USE, END_BUSINESS, CONTACT] }, attachments: AUSTRALIAN_FILES },
  'DE LOCAL': { form: { part: GERMAN_BUSINESS }, attachments: [] },
  'GB MOBILE': { form: undefined, attachments: [] },
};

/** The requirements on file for a region and type, if there are any. */
export function requirementsOf(regionCode: string, numberType: string): Requirements | undefined {
  return REQUIREMENTS[`${regionCode} ${numberType}`];
}

/** The form as a lookup answers it: Australia's in the shape of the published example, Germany's as JSON Schema. */
export function fieldsBody({ form }: Requirements): object {
  if (form === undefined) return {};
  if ('parts' in form) {
    const rules = form.parts.map((template) => ({ template }));
    return { schema: '/schema/policySchema-v1.json', rules, attachments: [] };
  }
  return {
    type: 'object',
    required: ['data'],
    properties: {
      data: {
        type: 'object',
        required: Object.keys(form.part).filter((name) => form.part[name]?.required),
        properties: Object.fromEntries(
          Object.entries(form.part).map(([name, { title, type, maxLength, pattern, allowed }]) => [
            name,
            {
              title,
              type,
              maxLength,
              ...(pattern && { pattern: `^${pattern}$` }),
              ...(allowed && { enum: allowed }),
            },
          ]),
        ),
      },
    },
  };
}
