export declare const otherNodeMajors: readonly number[]
export declare function nodeFolder(major: number): string
/** Where the binary of a major version is, whether it has been fetched or not. */
export declare function nodeBinary(major: number): string
