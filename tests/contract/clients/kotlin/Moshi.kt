// What the Kotlin client uses of a library that no registry of ours has: enough to compile, not to run.
package com.squareup.moshi

import java.lang.reflect.Type

annotation class Json(val name: String = "")

annotation class JsonClass(val generateAdapter: Boolean)

annotation class FromJson

annotation class ToJson

abstract class JsonAdapter<T> {
    fun toJson(value: T?): String = TODO()

    fun fromJson(string: String): T? = TODO()

    fun nullSafe(): JsonAdapter<T> = TODO()

    interface Factory
}

class Moshi {
    fun <T> adapter(type: Class<T>): JsonAdapter<T> = TODO()

    class Builder {
        fun add(adapter: Any): Builder = TODO()

        fun add(factory: JsonAdapter.Factory): Builder = TODO()

        fun <T> add(type: Type, jsonAdapter: JsonAdapter<T>): Builder = TODO()

        fun build(): Moshi = TODO()
    }
}

@ExperimentalStdlibApi
inline fun <reified T> Moshi.adapter(): JsonAdapter<T> = adapter(T::class.java)
