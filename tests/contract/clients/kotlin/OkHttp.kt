// What the Kotlin client uses of a library that no registry of ours has: enough to compile, not to run.
package okhttp3

import java.io.File
import java.io.IOException
import java.io.InputStream

class MediaType {
    companion object {
        fun String.toMediaTypeOrNull(): MediaType? = TODO()
    }
}

open class RequestBody {
    companion object {
        fun ByteArray.toRequestBody(contentType: MediaType? = null): RequestBody = TODO()

        fun String.toRequestBody(contentType: MediaType? = null): RequestBody = TODO()

        fun File.asRequestBody(contentType: MediaType? = null): RequestBody = TODO()
    }
}

class FormBody : RequestBody() {
    class Builder {
        fun add(name: String, value: String): Builder = TODO()

        fun build(): FormBody = TODO()
    }
}

class MultipartBody : RequestBody() {
    class Builder {
        fun setType(type: MediaType): Builder = TODO()

        fun addPart(headers: Headers?, body: RequestBody): Builder = TODO()

        fun build(): MultipartBody = TODO()
    }

    companion object {
        val FORM: MediaType = TODO()
    }
}

class Headers {
    fun toMultimap(): Map<String, List<String>> = TODO()

    class Builder {
        fun add(name: String, value: String): Builder = TODO()

        fun build(): Headers = TODO()
    }

    companion object {
        fun Map<String, String>.toHeaders(): Headers = TODO()
    }
}

class HttpUrl {
    fun newBuilder(): Builder = TODO()

    class Builder {
        fun scheme(scheme: String): Builder = TODO()

        fun host(host: String): Builder = TODO()

        fun addPathSegment(pathSegment: String): Builder = TODO()

        fun addEncodedPathSegments(encodedPathSegments: String): Builder = TODO()

        fun addQueryParameter(name: String, value: String?): Builder = TODO()

        fun build(): HttpUrl = TODO()
    }

    val encodedPathSegments: List<String> get() = TODO()

    companion object {
        fun String.toHttpUrlOrNull(): HttpUrl? = TODO()
    }
}

class Request {
    class Builder {
        fun url(url: HttpUrl): Builder = TODO()

        fun get(): Builder = TODO()

        fun head(): Builder = TODO()

        fun delete(body: RequestBody? = null): Builder = TODO()

        fun post(body: RequestBody): Builder = TODO()

        fun put(body: RequestBody): Builder = TODO()

        fun patch(body: RequestBody): Builder = TODO()

        fun method(method: String, body: RequestBody?): Builder = TODO()

        fun headers(headers: Headers): Builder = TODO()

        fun build(): Request = TODO()
    }
}

abstract class ResponseBody : AutoCloseable {
    abstract fun byteStream(): InputStream

    abstract fun bytes(): ByteArray

    abstract fun string(): String
}

abstract class Response : AutoCloseable {
    abstract val code: Int
    abstract val message: String
    abstract val body: ResponseBody
    abstract val headers: Headers
    abstract val isRedirect: Boolean
    abstract val isSuccessful: Boolean

    abstract fun header(name: String, defaultValue: String? = null): String?
}

interface Callback {
    fun onFailure(call: Call, e: IOException)

    @Throws(IOException::class)
    fun onResponse(call: Call, response: Response)
}

interface Call {
    fun execute(): Response

    fun enqueue(responseCallback: Callback)

    fun cancel()

    fun interface Factory {
        fun newCall(request: Request): Call
    }
}

class OkHttpClient : Call.Factory {
    override fun newCall(request: Request): Call = TODO()

    class Builder {
        fun build(): OkHttpClient = TODO()
    }
}
