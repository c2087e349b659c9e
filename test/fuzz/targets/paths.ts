import { HoldfastError } from '#host/errors';
import { parsePath } from '#host/operator/parse-path';
import { formatPath } from '#host/operator/path';
import { Random } from '../../random.ts';
import { hostilePath, plainPath } from '../hostile.ts';
import type { Target } from '../target.ts';

const CALLS = 64;
/** What is long takes a thousand times as long, and there is not much to find in it. */
const LONG = 0.003;
const NAME_MAX_BYTES = 255;
const PATH_MAX_BYTES = 4095;
const RAW_MAX_CHARACTERS = 2 ** 20;

/** `parsePath` beside a second opinion that was written without looking at it: what is refused, and what the rest becomes. */
export const paths: Target = {
	name: 'paths',
	open: () => ({
		run(seed) {
			const random = new Random(seed);
			for (let call = 0; call < CALLS; call++) compare(somePath(random));
			return CALLS;
		},
		close: async () => undefined,
	}),
};

function somePath(random: Random): string {
	let path = random.chance(0.4) ? plainPath(random) : hostilePath(random, random.chance(LONG));
	for (let edits = random.pick([0, 0, 1, 3]); edits > 0; edits--) {
		const at = random.between(0, path.length);
		const piece = random.pick([
			'/',
			'.',
			'..',
			'/../',
			'\0',
			'\ud800',
			'\udfff',
			'é',
			'😀',
			'.tmp',
			'.holdfast-',
			'x'.repeat(250),
		]);
		path = path.slice(0, at) + piece + path.slice(at + random.between(0, 2));
	}
	return path;
}

function compare(raw: string): void {
	const expected = opinion(raw);
	let found: string | undefined;
	try {
		const { path, isDirectory } = parsePath(raw, 'fuzz');
		found = formatPath(path, isDirectory);
	} catch (error) {
		if (!(error instanceof HoldfastError) || error.code !== 'InvalidPath') throw error;
		if (error.message.length > 2000) throw new Error(`a message of ${error.message.length} characters`);
	}
	if (found !== expected) throw new Error(`${show(raw)} became ${show(found)} and not ${show(expected)}`);
	if (found !== undefined && found !== '/' && formatAgain(found) !== found)
		throw new Error(`${show(found)} is no final form`);
}

function formatAgain(path: string): string {
	const again = parsePath(path, 'fuzz');
	return formatPath(again.path, again.isDirectory);
}

/** The normal form, `undefined` for what must be refused. */
function opinion(raw: string): string | undefined {
	if (raw.length > RAW_MAX_CHARACTERS || /\p{Surrogate}/u.test(raw) || raw.includes('\0')) return undefined;
	const pieces = raw.split('/');
	const names = pieces.filter((piece) => piece !== '' && piece !== '.');
	const isHeld = (name: string): boolean =>
		name !== '..' && Buffer.byteLength(name) <= NAME_MAX_BYTES && !/^\.holdfast-.*\.(tmp|lock)$/s.test(name);
	if (!names.every(isHeld)) return undefined;
	const path = names.join('/');
	if (Buffer.byteLength(path) > PATH_MAX_BYTES) return undefined;
	const last = pieces[pieces.length - 1];
	return names.length === 0 || last === '' || last === '.' ? `${path}/` : path;
}

function show(text: string | undefined): string {
	return text === undefined
		? 'a refusal'
		: JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}… (${text.length})` : text);
}
