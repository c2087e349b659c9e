import {
	FILESTAT_FILETYPE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SYMBOLIC_LINK,
	LIST_ENTRY_KIND,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	LIST_ENTRY_STAT,
} from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';
import type { Reply } from '../pool/request.js';
import { isTemporaryName } from '../pool/temporary.js';
import { bufferOf } from './replies.js';
import { type KnownStat, listedStat } from './stat-words.js';

/** One name of a directory. */
export interface ListedName {
	readonly name: string;
	readonly isDirectory: boolean;
	/** It is what a symlink leads to. */
	readonly isLink: boolean;
	readonly stat: KnownStat;
}

const ENTRY_ALIGNMENT = 8;
const REPLACEMENT = '\ufffd';

/**
 * A page of a listing, taken entry by entry. What does not exist for this library is left out: symlinks that are not followed, special files,
 * temporary files of ours, and names that are not UTF-8, because no path could name them.
 */
export class ListPage {
	readonly #bytes: Buffer;
	readonly #numbers: DataView;
	#next = 0;

	/** The reply to an `OP_LIST`; its bytes are kept, not copied. */
	constructor(reply: Pick<Reply, 'bytes'>) {
		const bytes = bufferOf(reply);
		this.#bytes = bytes;
		this.#numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	/** The next name, or `undefined` at the end of the page. */
	take(): ListedName | undefined {
		while (this.#next < this.#bytes.byteLength) {
			const found = this.#takeAny();
			if (found !== undefined) return found;
		}
		return undefined;
	}

	#takeAny(): ListedName | undefined {
		const numbers = this.#numbers;
		const start = this.#next;
		if (start + LIST_ENTRY_NAME > numbers.byteLength) throw tornPage();
		const end = start + LIST_ENTRY_NAME + numbers.getUint32(start + LIST_ENTRY_NAME_BYTES, true);
		if (end > numbers.byteLength) throw tornPage();
		this.#next = Math.ceil(end / ENTRY_ALIGNMENT) * ENTRY_ALIGNMENT;
		const kind = numbers.getUint32(start + LIST_ENTRY_KIND, true);
		const isLink = kind === FILETYPE_SYMBOLIC_LINK;
		// One that was not followed has the stat of a symlink.
		const found = isLink ? numbers.getUint8(start + LIST_ENTRY_STAT + FILESTAT_FILETYPE) : kind;
		if (found !== FILETYPE_DIRECTORY && found !== FILETYPE_REGULAR_FILE) return undefined;
		const name = decodeName(this.#bytes, start + LIST_ENTRY_NAME, end);
		if (name === undefined || isTemporaryName(name)) return undefined;
		const stat = listedStat(found, numbers, start + LIST_ENTRY_STAT);
		return { name, isDirectory: found === FILETYPE_DIRECTORY, isLink, stat };
	}
}

/** `undefined` for bytes that are not UTF-8: decoding would change them silently. */
function decodeName(bytes: Buffer, start: number, end: number): string | undefined {
	const name = bytes.toString('utf8', start, end);
	// A name may contain the replacement character itself; only when it was put there do the bytes differ.
	if (name.includes(REPLACEMENT) && !bytes.subarray(start, end).equals(Buffer.from(name, 'utf8'))) return undefined;
	return name;
}

function tornPage(): HoldfastError {
	return new HoldfastError('Unexpected', 'the engine sent half a listing entry; please report this bug');
}
