import { ApiError } from '../api/client'
import { toast } from './toast.svelte'

/** Doing is something that a form does: whether it is at it, and why it failed, so that the form can say so where the person looks. */
export class Doing {
  busy = $state(false)
  error = $state.raw<ApiError>()

  /** run does it and tells when it is done; it returns undefined where it failed. */
  async run<T>(act: () => Promise<T>, done?: string): Promise<T | undefined> {
    this.busy = true
    this.error = undefined
    try {
      const out = await act()
      if (done) toast(done)
      return out
    } catch (e) {
      this.error = ApiError.of(e)
      return undefined
    } finally {
      this.busy = false
    }
  }
}
