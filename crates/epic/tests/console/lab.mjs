// A page of another origin: signed in at the region by its own library, at work on S3 by AWS's, with nothing set up here
// but the program's name and where its people come back to.
import { createServer, request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Person, app, end, fail, same, told } from './browser.mjs';

const { here, issuer, code, person: who, port, s3 } = told.more;
const lab = `http://127.0.0.1:${port}`;
const PASSWORD = 'trattore lento sotto la neve';


const require = createRequire(`${told.modules}/`);
const bundled = await require('esbuild').build({
    entryPoints: [fileURLToPath(new URL('./lab.page.mjs', import.meta.url))], nodePaths: [told.modules], bundle: true, write: false, format: 'esm',
    platform: 'browser', logLevel: 'error',
});
const script = bundled.outputFiles[0].contents;
const serve = async (at) => {
    const server = createServer((request, response) => {
        const isScript = request.url === '/page.js';
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
        response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
    });
    await new Promise((done) => { server.listen(at, '127.0.0.1', done); });
    return server;
};
const [ours, strange] = [await serve(port), await serve(0)];
const elsewhere = `http://127.0.0.1:${strange.address().port}`;
const ready = (page) => page.waitForFunction(() => document.title === 'lab');

// A way in at the region.
const nora = await Person.come(who, [here, lab, s3], here);
await nora.go('/join');
await nora.fill({ code });
await nora.led(() => nora.press('Go on'));
const key = (await nora.page.locator('code.key').innerText()).replaceAll(' ', '');
await nora.page.fill('[name=password]', PASSWORD);
await nora.page.fill('[name=app_code]', app(key));
await nora.led(() => nora.press('Keep them'));
same(await nora.heading(), 'Make your way in', 'joined');
// WHY: a code of an app holds once; the next one comes within half a minute.
await new Promise((done) => { setTimeout(done, 30_500 - (Date.now() % 30_000)); });

// In at the page, by its own library.
await nora.page.goto(`${lab}/`);
await ready(nora.page);
await Promise.all([
    nora.page.waitForURL((url) => url.href.startsWith(`${here}/issuer/authorize?`)),
    nora.page.evaluate((issuer) => { window.lab.signIn(issuer); }, issuer),
]);
await nora.page.fill('[name=name]', who);
await nora.page.fill('[name=password]', PASSWORD);
await nora.page.fill('[name=app_code]', app(key));
await nora.page.locator('main').getByRole('button', { name: 'Sign in', exact: true }).click();
await nora.page.waitForURL((url) => url.origin === lab && url.searchParams.has('code'));
await ready(nora.page);
const came = await nora.page.evaluate((more) => window.lab.work(more), { issuer, endpoint: s3 });
same(came.who, who, 'who the page says they are');
same(came.keys, 3, 'the keys of tokens');
same(came.buckets.includes('results'), true, 'the buckets');
same(came.listed.join(), `page/large è.bin ${6 << 20}`, 'what was uploaded in parts');
same(came.isSame, true, 'what is read back');
same(Boolean(came.etag && came.stored), true, 'the ETags, which a page may read');
same(came.small, 'small', 'what a narrow session reads');
same(came.narrow, 'AccessDenied session_narrowed', 'what a narrow session writes');
same(came.elsewhere, 'AccessDenied not_found', 'a session of another project');
same(came.bucket, 'NoSuchBucket not_found', 'a bucket of another project');
same(came.access, 'InvalidIdentityTokenException token_wrong', 'the token that is for the region alone');

// A page that nobody registered, with all that the other one holds.
const thief = await Person.come('thief', [here, elsewhere, s3], elsewhere);
// WHY: that a browser says what it keeps from a page is what is wanted here.
thief.page.removeAllListeners('console');
await thief.page.goto(`${elsewhere}/`);
await ready(thief.page);
const got = await thief.page.evaluate((more) => window.lab.reach(more), { issuer, endpoint: s3, credentials: came.credentials });
for (const [what, says] of Object.entries(got)) same(says, 'TypeError', `${what} from a page that nobody registered`);
const asked = new URL(`${here}/issuer/authorize`);
const query = { response_type: 'code', client_id: 'lab', redirect_uri: `${elsewhere}/`, scope: 'openid', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };
asked.search = new URLSearchParams(query).toString();
await thief.page.goto(asked.href);
if (!(await thief.page.locator('main').innerText()).includes('an address that was not registered')) fail('people are sent to a page that nobody registered');

// What the issuer tells which origin, whether a browser asks before it asks or not.
const head = (method, path, headers) => new Promise((done, lost) => {
    const asked = ask(`${issuer}${path}`, { method, headers }, (answer) => { answer.resume(); done(answer); });
    asked.on('error', lost).end();
});
const PATHS = ['/.well-known/openid-configuration', '/keys', '/token', '/userinfo'];
for (const path of PATHS) {
    for (const origin of [lab, elsewhere, 'https://hub.example', `${lab}.evil.example`, 'null', here]) {
        const before = await head('OPTIONS', path, { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' });
        const after = await head('GET', path, { origin });
        const expected = origin === lab ? lab : undefined;
        same(before.statusCode, origin === lab ? 200 : 403, `asked before ${path} by ${origin}`);
        for (const answer of [before, after]) {
            same(answer.headers['access-control-allow-origin'], expected, `${path} to ${origin}`);
            same(answer.headers['access-control-allow-credentials'], undefined, `cookies at ${path}`);
            same(answer.headers.vary, 'Origin', `what ${path} depends on`);
        }
    }
}
same((await head('POST', '/device', { origin: lab })).headers['access-control-allow-origin'], undefined, 'machines without a browser are no pages');
ours.close();
strange.close();
await end();
