// What the Kotlin client uses of a library that no registry of ours has: enough to compile, not to run.
package com.squareup.moshi.kotlin.reflect

import com.squareup.moshi.JsonAdapter

class KotlinJsonAdapterFactory : JsonAdapter.Factory
