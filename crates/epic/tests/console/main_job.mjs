// The main job through the console: from two organisations to a result that left, as those who do it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Person, day, end, fail, same, told } from './browser.mjs';

/** Makes a key pair; gives its public half. */
const key = (name) => execFileSync(told.epic, ['--key-file', `${told.folder}/${name}.key`, 'key-pair', 'new'], { stdio: ['ignore', 'pipe', 'ignore'] })
    .toString().trim();

const enrol = (by, name, organisation) =>
    by.act('person.enrol', { alias: name, name: `${name} of ${organisation}`, email: `${name}@example.org`, organisation, key: key(name) });

// --- the house ---------------------------------------------------------------------------------------------------
const olga = await Person.signedIn('olga');
await olga.look('today-empty');
await olga.follow('Region');
await olga.look('region');
await olga.follow('Organisations');
await olga.follow('Register an organisation');
await olga.look('form');
await olga.done({ alias: 'iss', name: 'Istituto Superiore di Sanità' });
await olga.look('done');
await olga.act('organisation.register', { alias: 'bologna', name: 'AOU di Bologna' });
for (const [name, organisation] of [['sergio', 'iss'], ['sara', 'bologna']]) {
    await enrol(olga, name, organisation);
    await olga.act('role.grant', { person: name, role: 'signatory', at: organisation });
}
await olga.act('tenant.open', { alias: 'study', name: 'The study', organisation: 'iss' });
// The organisation governs itself from here on: the operator enrols nobody there.
await olga.act('person.enrol', { alias: 'eve', name: 'Eve', email: 'eve@example.org', organisation: 'iss', key: key('eve') }, 'role_missing');
await olga.look('refused');

const sergio = await Person.signedIn('sergio');
for (const name of ['carla', 'rita', 'rolf']) await enrol(sergio, name, 'iss');
await sergio.act('role.grant', { person: 'carla', role: 'controller', at: 'study' });
await sergio.follow('People');
await sergio.look('people');

const sara = await Person.signedIn('sara');
await enrol(sara, 'dina', 'bologna');
await enrol(sara, 'steo', 'bologna');
await sara.act('role.grant', { person: 'steo', role: 'steward', at: 'bologna' });

// --- the project and its agreement -------------------------------------------------------------------------------
const carla = await Person.signedIn('carla');
await carla.act('project.open', { alias: 'air', tenant: 'study', tier: '1', environment: 'production', purpose: 'air and blood' });
await carla.follow('Projects');
await carla.follow('air');
await carla.look('project-new');
if (!(await carla.text()).includes('No agreement is in force')) fail('nothing says that no agreement is in force');
await carla.follow('Give a role');
await carla.done({ person: 'rita', role: 'researcher' });
await carla.act('role.grant', { person: 'rolf', role: 'reviewer', at: 'air' });
await carla.go('/projects/air');
await carla.follow('Draft an agreement');
await carla.done({
    alias: 'air-bologna', provider: 'bologna', purpose: 'air and blood', categories: 'clinical\nlaboratory', service_model: 'paas',
    places: 'bologna', retention_days: '0', starts: day(-1), ends: day(50),
});
await carla.follow('Go on');
await carla.follow('air-bologna');
await carla.look('agreement');
await carla.follow('Read and print the document');
await carla.look('document');
if (!(await carla.text()).includes('not yet')) fail('who has not signed is not said');
await carla.page.goBack();
await carla.follow('Offer an agreement to its parties');
await carla.done({});

await sergio.go('/');
await sergio.look('today');
await sergio.follow('Sign the agreement air-bologna for iss');
await sergio.done({});
// Sara has no mouse: from the first page to her signature by keys alone.
await sara.go('/');
await sara.tabTo('Sign the agreement air-bologna for bologna');
await sara.page.keyboard.press('Enter');
await sara.page.waitForURL('**/do/agreement.sign?*');
await sara.look('sign');
await sara.tabTo('Sign an agreement');
await sara.page.keyboard.press('Enter');
await sara.page.waitForSelector('.notice.done');

// --- data come in ------------------------------------------------------------------------------------------------
await carla.act('bucket.create', { project: 'air', bucket: 'bologna', agreement: 'air-bologna' });
const steo = await Person.signedIn('steo');
await steo.act('grant.issue', { alias: 'deliver', agreement: 'air-bologna', person: 'dina', bucket: 'bologna', address: '127.0.0.0/8', starts: day(-1), ends: day(30) });
const dina = await Person.signedIn('dina');
const table = `${told.folder}/table.csv`;
writeFileSync(table, 'pm10;crp\n'.repeat(20_000));
await dina.go('/projects/air/buckets/bologna');
await dina.look('deliver');
same(await dina.deliver(table, { prefix: '2027/' }), 'done', 'dina delivers');
if (told.scripts) same(await dina.page.locator('.files .state.good').count(), 1, 'files that are verified');
else same(await dina.heading(), 'Delivered', 'dina');
await dina.look('delivered');
// Whoever delivers does not read.
await dina.go('/projects/air/buckets/bologna');
if ((await dina.text()).includes('table.csv')) fail('whoever delivers sees what is there');

// --- and are worked on -------------------------------------------------------------------------------------------
const rita = await Person.signedIn('rita');
await rita.act('bucket.create', { project: 'air', bucket: 'results' });
await rita.go('/projects/air/buckets/bologna');
same(await rita.page.locator('.notice.refused .hint code').first().innerText(), 'permit_missing', 'rita without a permit');
await rita.look('no-permit');
// The refusal leads to the form that helps.
await rita.led(() => rita.page.locator('.notice.refused a').first().click());
await rita.done({ alias: 'rita-1', project: 'air', persons: 'rita', buckets: 'bologna\nresults', purpose: 'air and blood', legal_basis: 'GDPR Art. 9(2)(j)', ethics: 'CE-2027-1', starts: day(-1), ends: day(40) });
await carla.go('/');
await carla.look('today-asked');
await carla.follow('A permit is asked for: rita-1');
await carla.follow('Grant a permit');
await carla.done({});
await rita.go('/projects/air/buckets/bologna');
await rita.look('bucket');
await rita.follow('2027/');
await rita.follow('table.csv');
await rita.look('object');
if (rita.page.url().includes('table')) fail(`an address names an object: ${rita.page.url()}`);
const [download] = await Promise.all([rita.page.waitForEvent('download'), rita.page.getByRole('link', { name: 'Download' }).click()]);
same(download.suggestedFilename(), 'table.csv', 'the file');
same(readFileSync(await download.path(), 'utf8'), readFileSync(table, 'utf8'), 'what came out');

// --- a result leaves ---------------------------------------------------------------------------------------------
const result = `${told.folder}/result.csv`;
writeFileSync(result, 'mean;41\n');
await rita.go('/projects/air/buckets/results');
same(await rita.deliver(result), 'done', 'rita keeps a result');
await rita.go('/projects/air');
await rita.follow('Draft a release');
await rita.look('airlock-form');
await rita.done({ alias: 'table-1', context: 'one mean, over 400 persons', objects: 'results/result.csv' });
const rolf = await Person.signedIn('rolf');
await rolf.go('/');
await rolf.follow('Results wait to be judged: air · table-1');
await rolf.look('airlock');
await rolf.follow('Approve a release');
await rolf.done({ note: 'one number' });
await carla.go('/projects/air/airlocks/table-1');
await carla.follow('Release what was approved');
await carla.done({ ends: day(7) });
await rita.go('/projects/air/airlocks/table-1');
if (!(await rita.text()).includes('Released')) fail('what was released is not said to be');
await rita.look('released');
await rita.follow('Fetch an object of a release');
await rita.fill({ object: 'results/result.csv' });
const [left] = await Promise.all([rita.page.waitForEvent('download'), rita.page.locator('main form button[type=submit]').first().click()]);
same(readFileSync(await left.path(), 'utf8'), 'mean;41\n', 'what left');
// From the release back to the agreement, each step with its leaves.
await carla.go('/projects/air/airlocks/table-1');
await carla.follow('See the whole chain');
await carla.look('chain');
const steps = await carla.page.locator('ol.chain h2').allInnerTexts();
same(`${steps[0].split(' ')[0]} ${steps.at(-1).split(' ')[0]}`, 'Agreement Release', `the ends of ${steps}`);
if ((await carla.page.locator('ul.leaves a').count()) < 6) fail('a chain without its leaves');
// What citizens may know of it, in its controller's words.
await carla.go('/projects/air');
await carla.follow('Publish in the register');
await carla.done({ italian: 'Se l\'aria di una città fa ammalare.', english: 'Whether the air of a city makes people ill.' });
const citizen = await Person.come('citizen');
await citizen.go('/register');
if (!(await citizen.text()).includes('Whether the air of a city makes people ill.')) fail('the register is silent');
await citizen.look('register');
await carla.go('/projects/air');
await carla.look('project');
await carla.go('/projects/air/ledger');
await carla.look('ledger');
await carla.page.locator('tbody a').nth(1).click();
await carla.page.waitForURL('**/leaves/*');
if (told.scripts) {
    // The browser proves the leaf by itself, and notices if anything that is shown is changed.
    await carla.press('Verify in this browser');
    await carla.page.locator('.proved, .unproved').and(carla.page.locator(':visible')).waitFor();
    if (await carla.page.locator('.fails').count()) fail(`${await carla.page.locator('.fails').allInnerTexts()}: ${await carla.page.locator('#proof').textContent()}`);
    same(await carla.page.locator('.holds').count(), 3, 'steps of the proof that hold');
    await carla.look('leaf');
    for (const [field, fails] of [['record_bytes', 1], ['index', 1], ['size', 1], ['checkpoint', 2], ['key', 1]]) {
        await carla.page.evaluate((name) => {
            const place = document.getElementById('proof');
            place.dataset.whole ??= place.textContent;
            const proof = JSON.parse(place.dataset.whole);
            const bent = (value) => (typeof value === 'number' ? value + 1 : value.replace(/[A-Za-z]/, (sign) => (sign === 'A' ? 'B' : 'A')));
            const of = name in proof ? proof : proof.record;
            of[name] = name === 'checkpoint' ? proof[name].replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`) : bent(of[name]);
            place.textContent = JSON.stringify(proof);
        }, field);
        await carla.press('Verify in this browser');
        await carla.page.locator('.unproved').waitFor();
        const failed = await carla.page.locator('.fails').count();
        if (failed < fails) fail(`${field} was changed, and ${failed} steps fail`);
    }
} else {
    same(await carla.page.locator('[data-verify] button').isVisible(), false, 'a button that does nothing');
    await carla.look('leaf');
}
await carla.go('/projects/air/keys');
await carla.look('keys');
await carla.go('/region');
await carla.look('region-usage');
await carla.go('/me');
await carla.look('me');

// --- in Italian, and out -----------------------------------------------------------------------------------------
await carla.follow('Italiano');
await carla.go('/projects/air');
await carla.look('progetto');
same(await carla.page.locator('html').getAttribute('lang'), 'it', 'the language');
await carla.page.getByRole('button', { name: 'Esci' }).click();
await carla.page.waitForURL('**/sign-in*');
await carla.look('signed-out');
await carla.go('/projects/air');
if (!carla.page.url().includes('/sign-in')) fail('whoever signed out is in');
await carla.go('/accessibility');
await carla.look('accessibility');
await end();
