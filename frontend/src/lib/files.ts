const images = /\.(png|jpe?g|gif|webp|svg|bmp)$/i
const opaque = /\.(onnx|pkl|pickle|pt|pth|bin|npy|npz|parq(uet)?|h5|hdf5|zip|gz|tgz|tar|zst|joblib|model|so|pdf|db|sqlite)$/i
const tables = /\.(csv|tsv|jsonl|ndjson|parq(uet)?)$/i

/** isTable says whether the server can read rows of a file. */
export const isTable = (path: string) => tables.test(path)

/** kindOfFile says how a file can be looked at, by its name. What is opaque is never fetched to be shown. */
export function kindOfFile(path: string): 'image' | 'text' | 'other' {
  if (images.test(path)) return 'image'
  return opaque.test(path) ? 'other' : 'text'
}
