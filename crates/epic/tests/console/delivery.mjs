// Files in parts: sent with progress, cut and gone on with, compared, paused, given up; by who works and by who delivers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { Person, end, fail, same, told } from './browser.mjs';

const { inside } = told.more;
const MIB = 1 << 20;
const RESULTS = '/projects/planet/buckets/results';
const BARI = '/projects/planet/buckets/bari';
const GOOD = '.files .state.good';

/** Does something by command, as a person. */
const epic = (person, ...args) => execFileSync(told.epic, ['--region-url', told.origin, '--key-file', `${told.folder}/${person}.key`, ...args], { stdio: 'ignore' });

/** A file of which no two places are alike; at a moment of its own. */
function file(name, size, seed) {
    const words = new Uint32Array(size / 4);
    for (let at = 0; at < words.length; at += 1) words[at] = Math.imul(at + seed, 2654435761);
    const path = `${told.folder}/${name}`;
    writeFileSync(path, words);
    utimesSync(path, 1_800_000_000 + seed, 1_800_000_000 + seed);
    return path;
}

/** Every act of a delivery that a page asks for, with its fields. */
function watched(person) {
    const asked = [];
    person.page.on('request', (request) => {
        const [, act] = /\/deliver\/([a-z.]+)$/.exec(request.url()) ?? [];
        if (act) asked.push({ act, ...JSON.parse(Buffer.from(request.headers()['epic-act'].slice(1, -1), 'base64')) });
        // What a file is called stands in no address.
        if (/\.(bin|csv)/.test(request.url())) fail(`an address names a file: ${request.url()}`);
    });
    return asked;
}

/** Lets so many parts through; what comes after is held until it is let go or cut. */
async function held(person, passing) {
    let [passed, finish] = [0, undefined];
    const ended = new Promise((resolve) => { finish = resolve; });
    const rule = async (route) => {
        passed += 1;
        const how = passed <= passing ? 'go' : await ended;
        await (how === 'go' ? route.continue() : route.abort('connectionreset')).catch(() => {});
    };
    await person.page.route('**/deliver/upload.part', rule);
    let [answered, enough] = [0, undefined];
    const passedAll = new Promise((resolve) => { enough = resolve; });
    person.page.on('requestfinished', (request) => {
        if (!request.url().endsWith('/deliver/upload.part')) return;
        answered += 1;
        if (answered === passing) enough();
    });
    return {
        // WHY: what is on its way when a page goes may have arrived or not.
        arrived: passedAll,
        go: () => finish('go'),
        cut: () => finish('cut'),
        gone: () => person.page.unroute('**/deliver/upload.part', rule),
    };
}

const parts = (asked) => asked.filter((one) => one.act === 'upload.part').map((one) => one.part).sort((a, b) => a - b).join(' ');
const acts = (asked) => asked.map((one) => one.act);
const why = (person) => person.page.locator('.files .why').last();
const says = (person, text) => why(person).filter({ hasText: text }).waitFor();
const kept = (person) => person.page.evaluate(() => Object.entries(localStorage).filter(([name]) => name.startsWith('epic-')));
const progress = (person, least) => person.page.waitForFunction((least) => document.querySelector('.files progress')?.value >= least, least);

async function choose(person, path, fields = {}) {
    await person.fill(fields);
    await person.page.setInputFiles('input[type=file]', path);
    await person.press('Deliver');
}

/** Takes an object out, from the page of its bucket. */
async function taken(person, bucket, ...steps) {
    await person.go(bucket);
    for (const step of steps) await person.follow(step);
    const [download] = await Promise.all([person.page.waitForEvent('download'), person.page.getByRole('link', { name: 'Download' }).click()]);
    return readFileSync(await download.path());
}
const equal = (found, path, of) => found.equals(readFileSync(path)) || fail(`${of} came otherwise`);

// --- a large file, with progress -----------------------------------------------------------------------------------
// WHY at her provider: a key of one's own counts as outside, and these data are worked on inside.
const rita = await Person.come('rita', [inside, told.more.provider], inside);
await rita.go(RESULTS);
await rita.follow('Sign in with iam');
await rita.page.waitForURL(`${told.more.provider}/**`);
await rita.page.fill('[name=who]', 'rita');
await rita.page.fill('[name=code]', '123456');
await rita.page.click('button');
await rita.page.waitForURL(`${inside}${RESULTS}`);
const asked = watched(rita);
const whole = file('whole.bin', 40 * MIB, 1);
await rita.go(RESULTS);
await rita.page.waitForLoadState('networkidle');
const bytes = await rita.page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, entry) => sum + entry.decodedBodySize, 0));
if (bytes > 60_000) fail(`the page of a bucket has ${bytes} bytes with all that it loads`);
let hold = await held(rita, 2);
const began = Date.now();
await choose(rita, whole);
await progress(rita, 0.4);
await rita.look('sending');
if (!(await rita.page.locator('.files .how').innerText()).includes('/ 40 MiB')) fail('how far it is, is not said');
same(await rita.page.locator(GOOD).count(), 0, 'ticks before the end');
hold.go();
same(await rita.sent(), 'done', 'a large file');
console.log(`40 MiB in ${Date.now() - began} ms, three looks in between`);
same(parts(asked), '1 2 3 4 5', 'parts');
same(JSON.stringify(await kept(rita)), '[]', 'what the browser keeps');
await rita.look('verified');
await rita.page.locator('.files .leaf a').click();
await rita.page.waitForURL('**/leaves/*');
equal(await taken(rita, RESULTS, 'whole.bin'), whole, 'a large file');
await hold.gone();

// --- cut, and gone on with after a reload ----------------------------------------------------------------------------
async function cut(person, path, bucket, fields) {
    await person.go(bucket);
    const hold = await held(person, 2);
    await choose(person, path, fields);
    await hold.arrived;
    hold.cut();
    await says(person, 'The connection broke');
    return hold;
}
const broken = file('broken.bin', 40 * MIB, 2);
hold = await cut(rita, broken, RESULTS);
await rita.look('broken');
const [[, memory]] = await kept(rita);
if (/broken|results|rita/.test(JSON.stringify(await kept(rita)))) fail(`the browser keeps names: ${memory}`);
await rita.page.reload();
await hold.gone();
asked.length = 0;
await choose(rita, broken);
same(await rita.sent(), 'done', 'a file that was cut');
same(parts(asked), '3 4 5', 'parts after it was cut');
if (acts(asked).includes('upload.start')) fail('what was cut began anew');
equal(await taken(rita, RESULTS, 'broken.bin'), broken, 'a file that was cut');

// --- another file under the same name, size and date -----------------------------------------------------------------
const bent = file('bent.bin', 40 * MIB, 3);
hold = await cut(rita, bent, RESULTS);
await rita.page.reload();
await hold.gone();
const { mtime } = statSync(bent);
const other = readFileSync(bent);
other[5] ^= 1;
writeFileSync(bent, other);
utimesSync(bent, mtime, mtime);
asked.length = 0;
await choose(rita, bent);
await says(rita, 'This is not the file that was begun');
same(`${parts(asked)}${await rita.page.locator(GOOD).count()}`, '0', 'parts and ticks of another file');
await rita.look('changed');
await rita.page.locator('.files [name=anew]').click();
await rita.page.locator(GOOD).waitFor();
same(parts(asked), '1 2 3 4 5', 'parts sent anew');
equal(await taken(rita, RESULTS, 'bent.bin'), bent, 'a file sent anew');

// --- what the region has is not what was sent ------------------------------------------------------------------------
const untrue = file('untrue.bin', 16 * MIB, 4);
await rita.go(RESULTS);
const lie = async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    for (const one of json.answer) one.parts[0].sha256 = one.parts[1].sha256;
    await route.fulfill({ response: answer, json });
};
await rita.page.route('**/deliver/upload.show', lie);
await choose(rita, untrue);
await says(rita, 'Not the same');
same(await rita.page.locator(GOOD).count(), 0, 'ticks of what was not verified');
await rita.look('wrong');
await rita.page.getByRole('button', { name: 'Give up: untrue.bin' }).press('Enter');
await says(rita, 'Given up');
await rita.page.unroute('**/deliver/upload.show', lie);
await rita.go(RESULTS);
same(await rita.page.getByRole('link', { name: 'untrue.bin' }).count(), 0, 'objects of what was not verified');

// --- paused and given up, by keys alone ------------------------------------------------------------------------------
asked.length = 0;
hold = await held(rita, 1);
await choose(rita, untrue);
await hold.arrived;
await rita.page.getByRole('button', { name: 'Pause: untrue.bin' }).press('Enter');
await says(rita, 'Paused');
hold.go();
same(await rita.page.evaluate(() => document.activeElement.name), 'go', 'where the keyboard is');
await rita.page.keyboard.press('Enter');
await rita.page.locator(GOOD).waitFor();
await hold.gone();
await rita.go(RESULTS);
hold = await held(rita, 0);
await choose(rita, broken, { prefix: 'again/' });
await rita.page.waitForFunction(() => Object.keys(localStorage).some((name) => name.startsWith('epic-upload:')));
await rita.page.getByRole('button', { name: 'Give up: broken.bin' }).press('Enter');
await says(rita, 'Given up');
hold.cut();
if (!acts(asked).includes('upload.abort')) fail('what was given up stays in the region');
same(JSON.stringify(await kept(rita)), '[]', 'what is kept of what was given up');
await hold.gone();

// --- a folder, by whoever delivers and sees nothing ------------------------------------------------------------------
const dina = await Person.signedIn('dina-bari');
const sent = watched(dina);
mkdirSync(`${told.folder}/run/deep`, { recursive: true });
const [small, large] = [file('run/one.csv', 64, 5), file('run/deep/two.bin', 20 * MIB, 6)];
await dina.go(BARI);
await dina.look('blind');
const [chooser] = await Promise.all([dina.page.waitForEvent('filechooser'), dina.page.getByRole('button', { name: 'Choose a whole folder' }).click()]);
await chooser.setFiles(`${told.folder}/run`);
await dina.page.locator('.files > li').nth(1).waitFor();
hold = await held(dina, 1);
await dina.fill({ prefix: '2027/' });
await dina.press('Deliver');
await Promise.all([dina.page.locator(GOOD).waitFor(), hold.arrived]);
hold.cut();
await dina.page.locator('.files .why', { hasText: 'The connection broke' }).waitFor();
await dina.page.reload();
await hold.gone();
sent.length = 0;
const [again] = await Promise.all([dina.page.waitForEvent('filechooser'), dina.page.getByRole('button', { name: 'Choose a whole folder' }).click()]);
await again.setFiles(`${told.folder}/run`);
await dina.page.locator('.files > li').nth(1).waitFor();
// The small one is there already.
await dina.page.getByRole('button', { name: 'Give up: run/one.csv' }).click();
await dina.fill({ prefix: '2027/' });
await dina.press('Deliver');
await dina.page.locator(GOOD).waitFor();
same(parts(sent).split(' ').length, 2, 'parts after the delivery was cut, of three');
equal(await taken(rita, BARI, '2027/', 'run/', 'one.csv'), small, 'a small file');
equal(await taken(rita, BARI, '2027/', 'run/', 'deep/', 'two.bin'), large, 'a large delivery');

// --- dropped ---------------------------------------------------------------------------------------------------------
await dina.go(BARI);
await dina.page.evaluate(() => {
    const transfer = new DataTransfer();
    for (const name of ['x.csv', 'y.csv']) transfer.items.add(new File(['a;b'], name, { type: 'text/csv' }));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
});
await dina.page.locator('.files > li').nth(1).waitFor();
await dina.press('Deliver');
same(await dina.sent(), 'done', 'files that were dropped');
same(await dina.page.locator('.count').innerText(), 'Stored and verified: 2 of 2.', 'what is said of all');

// --- refused on the way ----------------------------------------------------------------------------------------------
await dina.go(BARI);
hold = await held(dina, 2);
await choose(dina, whole);
await hold.arrived;
epic('steo-bari', 'grant', 'revoke', 'deliver-bari');
hold.go();
same(await dina.sent(), 'grant_ended', 'a delivery whose grant was revoked');
same(await dina.page.locator(GOOD).count(), 0, 'ticks of what was refused');
await dina.look('send-refused');
await hold.gone();
await dina.follow('Italiano');
same(await dina.page.locator('html').getAttribute('lang'), 'it', 'the language');
await dina.page.setInputFiles('input[type=file]', whole);
await dina.look('pronto');

// --- nothing is left for the next person at this machine -------------------------------------------------------------
hold = await cut(rita, broken, RESULTS, { prefix: 'third/' });
if (!(await kept(rita)).length) fail('what was begun is forgotten before its time');
await rita.page.getByRole('button', { name: 'Sign out' }).click();
await rita.page.waitForURL('**/sign-in*');
same(JSON.stringify(await kept(rita)), '[]', 'what is kept after signing out');
await end();
