import type { Reply, Request } from '../pool/request.js';
import { Ahead, type Steps } from './drivers.js';
import { isGone } from './gone.js';
import type { Invocation } from './invocation.js';
import { ListPage } from './list-page.js';
import { describeRequest, listRequest } from './requests.js';

/** Pages whose entries are looked at by several engines at a time: enough that none of two runs dry while the caller takes one. */
const SHARED_PAGES = 6;

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
	readonly #invocation: Invocation;
	readonly #path: string;
	readonly #asked: Asked[] = [];
	/** The names of the page behind those. */
	#names: Ahead | undefined;
	/** Where the page begins that is given next; 0 at the beginning, and at the end. */
	#cookie = 0;
	#isShared: boolean;
	/** Pages that are looked at now, by lane. The one for reads has the names to read besides, and gets fewer of them. */
	readonly #unanswered = { listing: 0, read: 0 };
	isFinished = false;

	constructor(invocation: Invocation, path: string) {
		this.#invocation = invocation;
		this.#path = path;
		this.#isShared = invocation.context.store.sharesListings === true;
	}

	/** The next page; `opened` is the answer to opening the directory. */
	*next(opened: Reply): Steps<ListPage> {
		if (this.#names !== undefined) yield* this.#share(opened);
		const asked = this.#asked.shift();
		let reply: Reply;
		try {
			reply = yield asked?.reply ?? this.#list(opened, this.#cookie, true);
		} catch (error) {
			if (asked?.next === undefined || !isGone(error)) throw error;
			// Its path leads somewhere else by now: it is known by its descriptor only.
			this.restart();
			this.#isShared = false;
			return yield* this.next(opened);
		}
		this.#cookie = asked?.next ?? reply.total;
		this.isFinished = this.#cookie === 0;
		if (this.#invocation.mayAskAhead && !this.isFinished) yield* this.#askAhead(opened);
		return new ListPage(reply);
	}

	/** Forgets what is on its way: the directory is closed, and may be opened again. */
	restart(): void {
		this.#asked.length = 0;
		this.#names = undefined;
	}

	/** The page at a cookie: with what stat says of its entries, or only their names. */
	#list(opened: Reply, cookie: number, withStat: boolean): Request {
		return listRequest(this.#invocation, this.#path, opened, cookie, withStat);
	}

	*#askAhead(opened: Reply): Steps<void> {
		// A larger number would reach the engine as another one.
		if (this.#isShared && inodeOf(opened) <= Number.MAX_SAFE_INTEGER) {
			if (this.#names === undefined && this.#asked.length === 0) yield* this.#askNames(opened, this.#cookie);
			return;
		}
		const reply = new Ahead(this.#list(opened, this.#cookie, true));
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

	*#askNames(opened: Reply, cookie: number): Steps<void> {
		this.#names = new Ahead(this.#list(opened, cookie, false));
		yield this.#names;
		// Whoever blocks has nothing sent ahead: then there is nothing to share.
		this.#isShared = this.#names.reply !== undefined;
		if (!this.#isShared) this.#names = undefined;
	}

	/** Has names looked at until there are enough pages on their way. */
	*#share(opened: Reply): Steps<void> {
		while (this.#names !== undefined && this.#asked.length < SHARED_PAGES) {
			const { bytes, total } = yield this.#names;
			this.#names = undefined;
			const lane = this.#unanswered.listing <= this.#unanswered.read ? 'listing' : 'read';
			const reply = new Ahead(describeRequest(this.#invocation, this.#path, inodeOf(opened), bytes, lane));
			this.#asked.push({ reply, next: total });
			yield reply;
			this.#count(lane, reply);
			if (total !== 0) yield* this.#askNames(opened, total);
		}
	}
}

/** Identifies the directory while it is open. */
function inodeOf({ stat }: Reply): bigint {
	return stat?.inode ?? 0n;
}
