// Methods of Buffer that Node has always had and its types leave out: the fast ways between bytes and latin-1 strings.
interface Buffer {
	latin1Slice(start?: number, end?: number): string;
	latin1Write(text: string, offset?: number, length?: number): number;
}
