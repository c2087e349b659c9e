// Runs attacks on one contestant, from a given one on, and prints a line before and after each. It may be killed in any of them.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { attacks } from './attacks.mjs';
import { contestants } from './contestants.mjs';
import { World } from './world.mjs';

const [kind, base, first] = process.argv.slice(2);
const print = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

for (let index = Number(first); index < attacks.length; index++) {
	const attack = attacks[index];
	const world = new World(join(base, String(index)));
	attack.prepare?.(world);
	world.seal();
	const contestant = await contestants[kind](world.root);
	print({ index });
	if (attack.needs !== undefined && contestant[attack.needs] === undefined) {
		print({ index, got: 'not there' });
		continue;
	}
	const output = await Promise.resolve(attack.act(contestant, world)).catch((error) => error.code ?? 'refused');
	print({ index, got: world.verdict(output) });
	await contestant.close();
	world.dispose();
}
process.kill(process.pid, 'SIGKILL');
