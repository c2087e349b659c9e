/** Nothing can be piped where streams of Node are refused. */
export async function pipeline(): Promise<void> {
	throw new Error('without node:stream no case comes here');
}
