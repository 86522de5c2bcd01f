// Signing in at the region itself: joined by a code, in by password and by passkey; another machine; another program.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Person, app, end, fail, same, told } from './browser.mjs';

const { here, issuer, code, person: who, secret, port } = told.more;
const both = [here, `http://127.0.0.1:${port}`];
const REFUSED = '.notice.refused .hint code';
const PASSWORD = 'trattore lento sotto la neve';

/** WHY: a code of an app holds once; the next one comes within half a minute. */
const nextStep = async () => {
    const wait = 30_000 - (Date.now() % 30_000);
    await new Promise((done) => { setTimeout(done, wait + 500); });
};

/** What was typed last; `code`: another than what the app shows now. */
let typed;
const prove = async (someone, key, code = app(key)) => {
    typed = code;
    await someone.page.fill('[name=name]', who);
    await someone.page.fill('[name=password]', PASSWORD);
    await someone.page.fill('[name=app_code]', code);
    await someone.page.locator('main').getByRole('button', { name: 'Sign in', exact: true }).click();
};
const signIn = async (key) => {
    const someone = await Person.come(who, both, here);
    await someone.go('/projects/planet');
    await someone.follow('Sign in with a passkey or a password of this region');
    await prove(someone, key);
    await someone.page.waitForURL(`${here}/projects/planet`);
    return someone;
};

// A code opens the page of one's ways in, and no other code does.
const nora = await Person.come(who, both, here);
await nora.go('/join');
await nora.look('join');
await nora.fill({ code: 'AAAA-BBBB' });
await nora.led(() => nora.press('Go on'));
same(await nora.page.locator(REFUSED).innerText(), 'proof_wrong', 'a made-up code');
await nora.fill({ code });
await nora.led(() => nora.press('Go on'));
await nora.look('choose');
const key = (await nora.page.locator('code.key').innerText()).replaceAll(' ', '');
const keep = async (password) => {
    await nora.page.fill('[name=password]', password);
    await nora.page.fill('[name=app_code]', app(key));
    await nora.led(() => nora.press('Keep them'));
};
await keep('password1234');
same(await nora.page.locator(REFUSED).innerText(), 'invalid', 'a password that everybody tries');
same((await nora.page.locator('code.key').innerText()).replaceAll(' ', ''), key, 'the key of the app stays');
await keep(PASSWORD);
same(await nora.heading(), 'Make your way in', 'joined');
await nora.look('joined');

// In by password, to the page that was asked for; the app's code is used up by it.
const inside = await signIn(key);
await inside.go('/me');
await inside.look('me-of-here');
const thief = await Person.come(who, both, here);
await thief.go('/sign-in');
await thief.follow('Sign in with a passkey or a password of this region');
await thief.look('prove');
await prove(thief, key, typed);
await thief.page.locator(REFUSED).waitFor();
same(await thief.page.locator(REFUSED).innerText(), 'proof_wrong', 'the same code of the app again');
await thief.look('prove-refused');

// What follows takes no page that runs none: passkeys are scripts', and the rest is another program's.
if (!told.scripts) {
    await end();
    process.exit(0);
}

// A passkey, by a device that the browser plays; in by it; taken away again.
{
    const devtools = await inside.context.newCDPSession(inside.page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    });
    // A session alone changes nothing of how its person signs in.
    await inside.go('/me/ways');
    same(await inside.page.getByRole('button', { name: 'Make a passkey' }).count(), 0, 'before they prove who they are');
    await inside.look('prove-again');
    await nextStep();
    await inside.led(() => prove(inside, key));
    await inside.fill({ label: 'my phone' });
    await inside.led(() => inside.press('Make a passkey'));
    if (!(await inside.text()).includes('my phone')) fail(`no passkey: ${await inside.text()}`);
    await inside.look('ways');
    await inside.page.getByRole('button', { name: 'Sign out' }).click();
    await inside.page.waitForURL('**/sign-in*');
    await inside.follow('Sign in with a passkey or a password of this region');
    await inside.page.getByRole('button', { name: 'Use a passkey' }).click();
    await inside.page.waitForURL(`${here}/`);
    await inside.go('/me/ways');
    await inside.led(() => inside.page.getByRole('button', { name: 'Use a passkey' }).click());
    await inside.led(() => inside.page.getByRole('button', { name: 'Take away: my phone' }).click());
    await inside.go('/me');
    if (!inside.page.url().includes('/sign-in')) fail('who took a way in away is still in');
}

// Another machine: the command line shows a code, and somebody enters it in a browser.
await nextStep();
const session = `${told.folder}/${who}-here.session`;
const waiting = spawn(told.epic, ['--region-url', told.origin, '--session-file', session, 'sign-in', '--issuer-url', issuer, '--client', 'epic']);
let says = '';
waiting.stderr.on('data', (piece) => { says += piece; });
const ended = new Promise((done) => { waiting.on('exit', done); });
for (let tries = 0; !/enter \S+/.test(says); tries += 1) {
    if (tries > 100) fail(`the command line shows no code: ${says}`);
    await new Promise((done) => { setTimeout(done, 100); });
}
const browser = await Person.come(who, both, here);
await browser.go('/device');
await browser.look('device');
await browser.fill({ user_code: /enter (\S+)/.exec(says)[1] });
await browser.led(() => browser.press('Go on'));
await browser.look('device-prove');
await prove(browser, key);
await browser.page.getByText('That machine is signed in').waitFor();
await browser.look('device-done');
same(await ended, 0, `the command line is signed in: ${says}`);

// Another program, as its own library does it: told who it is, and no more than it asked for.
const client = await import(createRequire(`${told.modules}/`).resolve('openid-client'));
let back;
const program = createServer((request, response) => { if (request.url.startsWith('/back')) back = request.url; response.end('<title>hub</title>in'); });
await new Promise((done) => { program.listen(port, '127.0.0.1', done); });
const found = await client.discovery(new URL(issuer), 'hub', secret, undefined, { execute: [client.allowInsecureRequests] });
const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
const asked = client.buildAuthorizationUrl(found, {
    redirect_uri: `http://127.0.0.1:${port}/back`, scope: 'openid profile email groups', state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
});
await nextStep();
const user = await Person.come(who, both, here);
await user.page.goto(asked.href);
await user.look('prove-for-hub');
await prove(user, key);
await user.page.waitForURL(`http://127.0.0.1:${port}/back?*`);
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(found, new URL(back, `http://127.0.0.1:${port}`), checks);
same(tokens.claims().preferred_username, who, 'whom the program is told of');
const more = await client.fetchUserInfo(found, tokens.access_token, tokens.claims().sub);
same(`${more.email} ${more.groups}`, `${who}@iss.example planet:researcher`, 'what it may know beside');
const again = await client.authorizationCodeGrant(found, new URL(back, `http://127.0.0.1:${port}`), checks).then(() => 'taken', (error) => error.error);
same(again, 'invalid_grant', 'the code again');
// What the program holds is good here, as the operator said that it is; what it was told with is not.
const signed = async (token) => (await fetch(`${told.origin}/v1/sign-in`, { method: 'POST', body: JSON.stringify({ token }) })).status;
same(await signed(tokens.id_token), 200, 'the token of a program that the region trusts');
same(await signed(tokens.access_token), 401, 'a token for us alone');
program.close();
await end();
