// Work that goes on beside what is measured, until it is ended.
import { pbkdf2, randomBytes } from 'node:crypto';
import { lookup } from 'node:dns';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

/** Some ten milliseconds each on one thread. */
const PBKDF2_ROUNDS = 20_000;
const DEFLATE_BYTES = 512 * 1024;

/** Keeps all threads of Node's pool busy, as a server does that hashes passwords, compresses answers and looks up names. */
export function busyNodePool() {
	const content = randomBytes(DEFLATE_BYTES);
	const tasks = [
		() => promisify(pbkdf2)('password', 'salt', PBKDF2_ROUNDS, 32, 'sha512'),
		() => promisify(deflate)(content),
		() => promisify(lookup)('localhost'),
	];
	return repeat(12, (lane) => tasks[lane % tasks.length]());
}

/** Runs `work(lane, index)` again and again, `width` at a time. Gives a function that ends that and waits for what was begun. */
export function repeat(width, work) {
	let isOver = false;
	const lanes = Array.from({ length: width }, async (_, lane) => {
		for (let index = 0; !isOver; index++) await work(lane, index);
	});
	return async () => {
		isOver = true;
		await Promise.all(lanes);
	};
}

/** What `durability: 'full'` does, by hand. */
export async function replaceByHand(target, content) {
	const temporary = `${target}.${randomBytes(16).toString('hex')}.tmp`;
	const file = await open(temporary, 'wx');
	await file.write(content);
	await file.sync();
	await file.close();
	await rename(temporary, target);
	const directory = await open(dirname(target));
	await directory.sync();
	await directory.close();
}
