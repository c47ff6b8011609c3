// What the Kotlin client uses of a library that no registry of ours has: enough to compile, not to run.
package com.squareup.moshi.adapters

import com.squareup.moshi.JsonAdapter

class EnumJsonAdapter<T : Enum<T>> : JsonAdapter<T>() {
    fun withUnknownFallback(fallback: T?): EnumJsonAdapter<T> = TODO()

    companion object {
        fun <T : Enum<T>> create(enumType: Class<T>): EnumJsonAdapter<T> = TODO()
    }
}
