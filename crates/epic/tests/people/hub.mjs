// A real JupyterHub whose people sign in at the region: who comes in and who does not, and how they work on S3 from there.
import { execFileSync } from 'node:child_process';
import { Person, end, fail, same, told } from '../console/browser.mjs';

const { here, hub, codes } = told.more;
const REFUSED = '.notice.refused .hint code';

const epic = (who, ...args) => execFileSync(told.epic, ['--region-url', told.origin, '--key-file', `${told.folder}/${who}.key`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
/** WHY: tokens tell no less than whole seconds of when they were made, and what is done in the same one may count as later. */
const nextSecond = () => new Promise((done) => { setTimeout(done, 1_000); });

const come = async (who) => {
    const person = await Person.come(who, [here, hub], here);
    // WHY: that a hub answers what is refused with a 500 is its own way.
    person.page.removeAllListeners('console');
    return person;
};
/** Somebody with a passkey, which the browser plays: no code of an app to wait for. */
const join = async (who) => {
    const person = await come(who);
    const devtools = await person.context.newCDPSession(person.page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    });
    await person.go('/join');
    await person.fill({ code: codes[who] });
    await person.led(() => person.press('Go on'));
    await person.fill({ label: 'my phone' });
    await person.led(() => person.page.getByRole('button', { name: 'Make a passkey' }).click());
    same(await person.heading(), 'Make your way in', `${who} joined`);
    return person;
};

/** From the hub to the region's page, where everybody is asked anew. */
const leave = async (person) => {
    await person.page.goto(`${hub}/hub/home`);
    await person.page.locator('a[href*="/hub/oauth_login"]').click();
    await person.page.waitForURL((url) => url.href.startsWith(`${here}/issuer/authorize?`));
};
const prove = (person) => person.page.getByRole('button', { name: 'Use a passkey' }).click();
/** There and back: the address that they came back by, and how the hub took it. */
const signIn = async (person) => {
    await leave(person);
    const back = person.page.waitForResponse((response) => response.url().startsWith(`${hub}/hub/oauth_callback?`));
    await prove(person);
    const answer = await back;
    await person.page.waitForURL((url) => url.origin === hub);
    return { by: answer.url(), status: answer.status() };
};
const isRefused = async (person, reason) => {
    await leave(person);
    await prove(person);
    same(await person.page.locator(REFUSED).innerText(), reason, `the region's page to ${person.name}`);
};
const isKnown = async (person) => {
    await person.page.goto(`${hub}/hub/home`);
    return new URL(person.page.url()).pathname === '/hub/home';
};

/** What the hub, or the server that it started, answers the page that is open. */
const ask = (person, path, method = 'GET') => person.page.evaluate(async ([path, method]) => {
    const token = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? '';
    const answer = await fetch(path, { method, headers: { 'X-XSRFToken': token } });
    return { status: answer.status, says: await answer.json().catch(() => null) };
}, [path, method]);
/** Starts somebody's server and opens it. */
const start = async (person) => {
    await person.page.goto(`${hub}/hub/spawn`);
    await person.page.waitForURL((url) => url.pathname.startsWith(`/user/${person.name}/`), { timeout: 60_000 });
    // WHY first there: the page at its top asks nobody who they are, and this one does.
    await person.page.goto(`${hub}/user/${person.name}/files/`);
    await person.page.goto(`${hub}/user/${person.name}/`);
    same((await ask(person, `/user/${person.name}/api/status`)).status, 200, `the server of ${person.name}`);
};
/** What a terminal in somebody's server says to a line, and what the line ended with. */
const type = async (person, line) => {
    const made = await ask(person, `/user/${person.name}/api/terminals`, 'POST');
    const says = await person.page.evaluate(([path, line]) => new Promise((done) => {
        const socket = new WebSocket(`ws://${location.host}${path}`);
        let says = '';
        socket.onmessage = ({ data }) => {
            const [kind, text] = JSON.parse(data);
            // WHY in halves: what is typed is shown too.
            if (kind === 'setup') socket.send(JSON.stringify(['stdin', `${line}; echo en''ded $?; exit\r`]));
            if (kind === 'stdout') says += text;
            if (/ended \d+/.test(says)) done(says);
        };
        socket.onclose = () => done(says);
    }), [`/user/${person.name}/terminals/websocket/${made.says.name}`, line]);
    return { says, code: Number(/ended (\d+)/.exec(says)?.[1]) };
};
const job = `${told.more.python} ${told.more.session} work`;
const works = async (person) => {
    const { says, code } = await type(person, job);
    same(code, 0, `${person.name} works on S3: ${says}`);
};
/** WHY a bound: the hub asks every second whether a session holds, and so does the server of the hub. */
const until = async (held, says) => {
    for (let tries = 0; !(await held()); tries += 1) {
        if (tries > 50) fail(says);
        await new Promise((done) => { setTimeout(done, 200); });
    }
};

/** The guide's first lines: a hub that is told who somebody is. */
const comes = async () => {
    const nora = await join('nora');
    const first = await signIn(nora);
    same(nora.page.url(), `${hub}/hub/home`, 'where she comes to');
    const known = (await ask(nora, '/hub/api/users/nora')).says;
    same(`${known.name}: ${known.groups}`, 'nora: planet:researcher', 'whom the hub knows');
    await start(nora);
    same((await type(nora, 'env | grep AWS_')).code, 1, 'no key of S3 in her server');

    // Signed out here she is out: the region keeps nobody signed in for a program.
    await nora.page.goto(`${hub}/hub/logout`);
    same(await isKnown(nora), false, 'known after she signed out');
    same((await nora.page.goto(`${hub}/user/nora/api/status`)).status(), 403, 'her server after she signed out');

    // A code that was used, and one that was caught on its way: both with the thief's own way in at the hub.
    const thief = await come('thief');
    same((await thief.page.goto(first.by)).status(), 400, 'an address that somebody else came back by');
    const shown = async (by) => {
        await leave(thief);
        const own = new URL(by);
        own.searchParams.set('state', new URL(thief.page.url()).searchParams.get('state'));
        const answer = await thief.page.goto(own.href);
        same(`${answer.status()} ${await isKnown(thief)}`, '500 false', "somebody else's code");
    };
    await shown(first.by);
    const isBack = (url) => url.href.startsWith(`${hub}/hub/oauth_callback?`);
    await nora.page.route(isBack, (route) => route.fulfill({ status: 204 }));
    await leave(nora);
    const caught = nora.page.waitForRequest((request) => isBack(new URL(request.url())));
    await prove(nora);
    const by = (await caught).url();
    await shown(by);
    await nora.page.unrouteAll();
    same((await nora.page.goto(by)).status(), 500, 'a code that a thief has shown, shown by whose it is');
    same(await isKnown(nora), false, 'known by a code that was spent');
    same((await signIn(nora)).status, 302, 'she comes again');

    // Who has an account and no duty; who has a duty and no account here; who is suspended.
    const nico = await join('nico');
    same(`${(await signIn(nico)).status} ${await isKnown(nico)}`, '403 false', 'one without the duty');
    await leave(thief);
    await thief.page.fill('[name=name]', 'rita');
    await thief.page.fill('[name=password]', 'trattore lento sotto la neve');
    await thief.page.fill('[name=app_code]', '123456');
    await thief.page.locator('main').getByRole('button', { name: 'Sign in', exact: true }).click();
    same(await thief.page.locator(REFUSED).innerText(), 'proof_wrong', 'one without an account');
    same(await isKnown(thief), false, 'known without an account');
    epic('sergio', 'person', 'suspend', 'nora', '--reason', 'she left');
    await nora.page.goto(`${hub}/hub/logout`);
    await isRefused(nora, 'person_suspended');
    same(await isKnown(nora), false, 'known while suspended');
};

/** All of the guide's lines: a hub that acts as whoever signs in there. */
const work = async () => {
    const nora = await join('nora');
    const refused = async (person, reason) => {
        same((await signIn(person)).status, 403, `${person.name} at a hub that takes a session: ${reason}`);
        const says = await person.page.locator('body').innerText();
        if (!says.includes(`[${reason}]`)) fail(`the hub says why: ${says}`);
        same(await isKnown(person), false, `the hub knows ${person.name}`);
    };
    await refused(nora, 'token_wrong');
    // The operator names the hub, which opens nothing until her organisation has agreed.
    const { answer } = JSON.parse(epic('olga', '--json', ...told.more.trust));
    await isRefused(nora, 'not_enrolled');
    epic('sergio', 'issuer', 'adopt', 'house', '--organisation', 'iss', '--terms', answer.terms);
    await nextSecond();
    same((await signIn(nora)).status, 302, 'nora, by a hub that is named');
    await start(nora);
    await works(nora);
    await refused(await join('nico'), 'not_found');

    // Suspended while she works, her keys are worth nothing; and soon neither the hub nor her server knows her any more.
    const going = type(nora, `while ${job}; do :; done`);
    await nextSecond();
    epic('sergio', 'person', 'suspend', 'nora', '--reason', 'she left');
    const { says } = await going;
    if (!says.includes('[person_suspended]')) fail(`what ended her work: ${says}`);
    await until(async () => (await ask(nora, '/user/nora/api/status')).status === 403, 'her server lets in who is suspended');
    await until(async () => !(await isKnown(nora)), 'the hub knows who is suspended');
    await isRefused(nora, 'person_suspended');
    await nextSecond();
    epic('sergio', 'person', 'resume', 'nora');
    same(await isKnown(nora), false, 'back by what was before');

    // She comes again, and her next server has keys of its own.
    await nextSecond();
    same((await signIn(nora)).status, 302, 'nora comes again');
    same((await ask(nora, '/hub/api/users/nora/server', 'DELETE')).status, 204, 'her old server');
    await start(nora);
    await works(nora);
};

await { come: comes, work }[told.more.part]();
await end();
