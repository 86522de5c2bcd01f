// An identity provider that nobody here wrote, `oidc-provider` for Node: fresh keys at every start, accounts from a folder.
//
//   node provider.mjs FOLDER PORT MODULES
//
// FOLDER/accounts.json says what its tokens say of whom, and is read anew at every sign-in.
// A page asks for it. Whoever posts `who` to a sign-in page is signed in; with `code` too, with a second factor. `POST /mint` signs any
// claims with its key, which no real provider would: it makes the tokens that must be refused.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, port, modules] = process.argv.slice(2);
const require = createRequire(modules + '/');
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);
const { SignJWT, exportJWK, generateKeyPair } = await import(pathToFileURL(require.resolve('jose')).href);

const url = `http://127.0.0.1:${port}`;
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const made = { ...(await exportJWK(privateKey)), kid: `k-${Date.now()}`, alg: 'RS256', use: 'sig' };
const keys = { keys: [made] };
const client = (id) => ({
    client_id: id,
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/signed-in/iam'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
});

const provider = new Provider(url, {
    clients: [client('epic'), client('another')],
    jwks: keys,
    pkce: { required: () => true },
    cookies: { keys: ['of this test alone'] },
    claims: { openid: ['sub', 'amr', 'groups', 'wlcg.groups', 'preferred_username'] },
    conformIdTokenClaims: false,
    features: {
        devInteractions: { enabled: false },
        deviceFlow: { enabled: true },
    },
    interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
    findAccount: (_, id) => {
        const claims = read('accounts')[id];
        return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
    },
    loadExistingGrant: async (ctx) => {
        const { client: { clientId }, session: { accountId } } = ctx.oidc;
        const grant = new ctx.oidc.provider.Grant({ clientId, accountId });
        grant.addOIDCScope('openid offline_access');
        await grant.save();
        return grant;
    },
    ttl: { IdToken: 600, Session: 600, Grant: 600, Interaction: 600 },
});

const body = async (ctx) => {
    let text = '';
    for await (const chunk of ctx.req) text += chunk;
    return text;
};

provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/sign-in/') && ctx.method === 'GET') {
        ctx.type = 'html';
        ctx.body = '<!doctype html><html lang="en"><title>Sign in</title><form method="post"><label>Who <input name="who"></label>'
            + '<label>Code <input name="code"></label><button>Continue</button></form></html>';
        return undefined;
    }
    if (ctx.path.startsWith('/sign-in/') && ctx.method === 'POST') {
        const form = new URLSearchParams(await body(ctx));
        const amr = form.get('code') ? ['pwd', 'otp'] : ['pwd'];
        ctx.respond = false;
        // WHY the consent: a native client asks for it each time.
        const result = { login: { accountId: form.get('who'), amr }, consent: {} };
        return provider.interactionFinished(ctx.req, ctx.res, result);
    }
    if (ctx.path === '/mint' && ctx.method === 'POST') {
        const { head, claims } = JSON.parse(await body(ctx));
        const own = { alg: made.alg, kid: made.kid, ...head };
        ctx.body = await new SignJWT(claims).setProtectedHeader(own).sign(privateKey);
        return undefined;
    }
    return next();
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
