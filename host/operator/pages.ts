import type { Lane, Request } from '../pool/request.js';
import { Ahead, type Steps } from './drivers.js';
import { isGone } from './gone.js';
import type { Invocation } from './invocation.js';
import { ListPage } from './list-page.js';
import { describeRequest, listRequest, type OpenDescriptor } from './requests.js';

/** Pages whose entries are looked at by several engines at a time: enough that none of two runs dry while the caller takes one. */
const SHARED_PAGES = 6;

/** The requests for pages of one open directory. */
export interface PageRequests {
	/** The page at a cookie: with what stat says of its entries, or only their names. */
	list(cookie: number, withStat: boolean): Request;
	/** What stat says of the entries of such a page, whichever engine is asked; `undefined` where one engine does all. */
	readonly describe: ((names: Uint8Array, lane: Lane) => Request) | undefined;
}

export function requestsFor(
	invocation: Invocation,
	{ path, inode }: { readonly path: string; readonly inode: bigint },
	open: OpenDescriptor,
): PageRequests {
	// A larger number would reach the engine as another one.
	const isShared = invocation.context.store.sharesListings && inode <= Number.MAX_SAFE_INTEGER;
	return {
		list: (cookie, withStat) => listRequest(invocation, path, open, cookie, withStat),
		describe: isShared ? (names, lane) => describeRequest(invocation, path, inode, names, lane) : undefined,
	};
}

/** A page on its way. */
interface Asked {
	readonly reply: Ahead;
	/** Where the one behind it begins, when that is known. */
	readonly next: number | undefined;
}

/**
 * The pages of one directory, in order. While the caller takes the entries of one, the engine reads the next one; of a directory that has several,
 * one engine reads only the names, and two share what takes long, which is to look at each.
 */
export class Pages {
	readonly #asked: Asked[] = [];
	/** The names of the page behind those. */
	#names: Ahead | undefined;
	/** Where the page begins that is given next; 0 at the beginning, and at the end. */
	#cookie = 0;
	#isShared = true;
	/** Pages that are looked at now, by lane. The one for reads has the names to read besides, and gets fewer of them. */
	readonly #unanswered = { listing: 0, read: 0 };
	isFinished = false;

	/** The next page. `isAhead`: others may be asked for before they are wanted. */
	*next(requests: PageRequests, isAhead: boolean): Steps<ListPage> {
		if (this.#names !== undefined) yield* this.#share(requests);
		const asked = this.#asked.shift();
		let reply: Awaited<Ahead['reply']>;
		try {
			reply = yield asked?.reply ?? requests.list(this.#cookie, true);
		} catch (error) {
			if (asked?.next === undefined || !isGone(error)) throw error;
			// Its path leads somewhere else by now: it is known by its descriptor only.
			this.restart();
			this.#isShared = false;
			return yield* this.next(requests, isAhead);
		}
		this.#cookie = asked?.next ?? reply.total;
		this.isFinished = this.#cookie === 0;
		if (isAhead && !this.isFinished) yield* this.#askAhead(requests);
		return new ListPage(reply.bytes);
	}

	/** Forgets what is on its way: the directory is closed, and may be opened again. */
	restart(): void {
		this.#asked.length = 0;
		this.#names = undefined;
	}

	*#askAhead(requests: PageRequests): Steps<void> {
		if (requests.describe !== undefined && this.#isShared) {
			if (this.#names === undefined && this.#asked.length === 0) yield* this.#askNames(requests, this.#cookie);
			return;
		}
		const reply = new Ahead(requests.list(this.#cookie, true));
		this.#asked.push({ reply, next: undefined });
		yield reply;
	}

	#count(lane: 'listing' | 'read', { reply }: Ahead): void {
		const answered = (): void => {
			this.#unanswered[lane]--;
		};
		this.#unanswered[lane]++;
		reply?.then(answered, answered);
	}

	*#askNames(requests: PageRequests, cookie: number): Steps<void> {
		this.#names = new Ahead(requests.list(cookie, false));
		yield this.#names;
		// Whoever blocks has nothing sent ahead: then there is nothing to share.
		this.#isShared = this.#names.reply !== undefined;
		if (!this.#isShared) this.#names = undefined;
	}

	/** Has names looked at until there are enough pages on their way. */
	*#share(requests: PageRequests): Steps<void> {
		const { describe } = requests;
		while (describe !== undefined && this.#names !== undefined && this.#asked.length < SHARED_PAGES) {
			const { bytes, total } = yield this.#names;
			this.#names = undefined;
			const lane = this.#unanswered.listing <= this.#unanswered.read ? 'listing' : 'read';
			const reply = new Ahead(describe(bytes, lane));
			this.#asked.push({ reply, next: total });
			yield reply;
			this.#count(lane, reply);
			if (total !== 0) yield* this.#askNames(requests, total);
		}
	}
}
