// A root, and what lies outside of it and must be neither seen nor touched.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** In every file outside, and in no file inside. */
const SECRET = 'TOP-SECRET';
/** A size that nothing else has: whoever tells it has looked. */
const SECRET_BYTES = 7919;
/** That size by itself: the 7919th file of a long race has it in its name. */
const SECRET_SIZE = new RegExp(`\\b${SECRET_BYTES}\\b`);
/** A name that nothing else has. */
const SECRET_NAME = 'hidden-treasure';

/** What was seen of the outside by whoever has this output; '' when nothing was. */
export function seen(output) {
	const text = String(output);
	if (text.includes(SECRET)) return 'read';
	if (text.includes(SECRET_NAME)) return 'listed';
	return SECRET_SIZE.test(text) ? 'looked at' : '';
}

export class World {
	constructor(base) {
		rmSync(base, { recursive: true, force: true });
		this.base = base;
		this.root = join(base, 'root');
		this.outside = join(base, 'outside');
		mkdirSync(join(this.root, 'dir/deep'), { recursive: true });
		mkdirSync(join(this.outside, 'dir'), { recursive: true });
		for (const path of ['file', 'other', 'dir/file', 'dir/deep/file']) writeFileSync(join(this.root, path), 'inside');
		const secret = SECRET.padEnd(SECRET_BYTES, '.');
		for (const path of ['secret', 'dir/secret', `dir/${SECRET_NAME}`]) writeFileSync(join(this.outside, path), secret);
	}

	/** Path of a name in the root, for whoever prepares an attack. */
	in(path) {
		return join(this.root, path);
	}

	out(path) {
		return join(this.outside, path);
	}

	/** The preparation is over: from here on nothing outside may change. */
	seal() {
		this.sealed = this.#outsideNow();
	}

	/** What an attack got: '' when it got nowhere. `output` is all that its calls gave. */
	verdict(output) {
		return seen(output) || (this.#outsideNow() === this.sealed ? '' : 'changed');
	}

	dispose() {
		rmSync(this.base, { recursive: true, force: true });
	}

	#outsideNow() {
		const lines = readdirSync(this.outside, { recursive: true })
			.sort()
			.map((path) => {
				const stats = lstatSync(this.out(path));
				const content = stats.isFile()
					? createHash('sha1')
							.update(readFileSync(this.out(path)))
							.digest('hex')
					: '';
				return [path, stats.mode, stats.nlink, stats.isFile() ? stats.mtimeMs : '', content].join(' ');
			});
		return lines.join('\n');
	}
}
