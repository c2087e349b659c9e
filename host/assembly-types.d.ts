// `assembly/layout.ts` is compiled twice, as AssemblyScript and as TypeScript; these are its types here.
declare type i32 = number;
declare type u32 = number;
