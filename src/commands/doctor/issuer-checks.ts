/** Where people sign in to the `http` command. */
import { trust } from '../sign-in.ts';
import { type Check, reasonOf, type Settings } from './check.ts';

/** Reads the issuer's metadata and keys. No client is registered: that would change something there. */
export async function* checkIssuer({ httpIssuer, httpPublicUrl, network }: Settings): AsyncGenerator<Check> {
  const name = 'issuer';
  if (httpIssuer === undefined) return;
  const { issuer, openTokens } = trust(httpIssuer, network);
  try {
    const metadata = await issuer.metadata();
    const keys = await (await openTokens()).countKeys();
    if (keys === 0) throw new Error(`${metadata.jwks_uri} holds no key: every token would be refused`);
    yield { name, status: 'ok', message: `${httpIssuer}, keys: ${keys}` };
    if (httpPublicUrl === undefined) return;
    const { client_id_metadata_document_supported: isRead, registration_endpoint: endpoint } = metadata;
    yield isRead || endpoint !== undefined
      ? {
          name: 'approval pages',
          status: 'ok',
          message: `people sign in to them, ${isRead ? 'by a client document' : 'by registration'}`,
        }
      : {
          ...{ name: 'approval pages', status: 'warn' },
          message:
            'nobody can sign in to them: the issuer takes no client by its document, and registers none.',
          mend: 'Turn one of these on there; until then people are asked by a form in their client.',
        };
  } catch (error) {
    const mend =
      'Set SINCH_NUMBERS_HTTP_ISSUER to the issuer as its own metadata names it, and let this machine reach it.';
    yield { name, status: 'fail', message: `${reasonOf(error)}.`, mend };
  } finally {
    await issuer.close();
  }
}
