/** Where the files beside the code are: the bundled code in dist/ has no folders, so only this file knows its place. */

/** @param path of a file of the package, from its top level */
export const packageFile = (path: string): URL => new URL(`../${path}`, import.meta.url)

/** @param name of a file of the program, from src/ or dist/, with the extension that it has there */
export const programFile = (name: string): URL => new URL(`./${name}`, import.meta.url)
